// Swagger UI's own dark colours, as the system or the choice on the other pages says.
const page = document.documentElement;
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
const colour = () => {
  page.classList.toggle("dark-mode", (page.dataset.theme ?? (systemIsDark.matches ? "dark" : "")) === "dark");
};
colour();
systemIsDark.addEventListener("change", colour);

// Swagger UI on the API's own document. Persisting the token would leave it in the browser.
const reference = document.getElementById("reference");
SwaggerUIBundle({
  url: reference.dataset.schema,
  domNode: reference,
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
