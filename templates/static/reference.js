// Swagger UI on the API's own document. Persisting the token would leave it in the browser.
const reference = document.getElementById("reference");
SwaggerUIBundle({
  url: reference.dataset.schema,
  domNode: reference,
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
