"""Files that are served as they are: products, thumbnails, STAC Browser, Swagger UI, schemas."""
