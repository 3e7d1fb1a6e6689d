"""The OpenAPI document at `/api`: exact enough to test the service against.

document                 FastAPI's document of the routes, with what FastAPI cannot know
 ├► operations           one row for each operation: its name and its answer
 ├► responses            statuses, headers and the schema of errors
 ├► parameters, bodies   schemas of parameters and of members of a body
 └► schemas              schemas of answers
"""
