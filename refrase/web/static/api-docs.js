// Swagger UI over our own document; no validator, no other host.
SwaggerUIBundle({ url: "/api/docs/openapi.json", dom_id: "#swagger", validatorUrl: null, deepLinking: true });
