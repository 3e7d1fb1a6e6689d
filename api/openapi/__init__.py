"""The OpenAPI document at `/api`: exact enough to test the service against.

document                 FastAPI's document of the routes, with what FastAPI cannot know
 ├► operations           one row for each operation: its name and what it answers
 ├► answers              statuses, headers and the error's form
 ├► parameters           what a parameter or a member of a body may be
 └► schemas              what answers look like
"""
