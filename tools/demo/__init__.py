"""A page that runs an exported network in the browser: on an image of yours, or on what a camera sees."""
