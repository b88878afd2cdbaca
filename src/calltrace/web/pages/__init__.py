"""One module for each page or group of pages: a route is one call into a service and one template."""
