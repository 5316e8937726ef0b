// Additions to pages that work without script. htmx does the rest.
document.addEventListener("keydown", (event) => {
  // "/" moves the focus to the filter, unless somebody is typing.
  const filter = document.querySelector("[data-filter]");
  if (event.key === "/" && filter && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    filter.focus();
  }
});

// On a phone not all tabs fit beside each other: scroll to the current one.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// Add a copy button after everything that can be copied.
for (const snippet of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(snippet.innerText.trim());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  snippet.after(button);
}

// htmx: forms carry the CSRF token of the page.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});

// The feedback to a field is replaced while somebody types. Mark the input as invalid or valid too.
document.addEventListener("htmx:afterSettle", () => {
  for (const feedback of document.querySelectorAll(".feedback[id]")) {
    const input = document.querySelector(`[aria-describedby="${feedback.id}"]`);
    if (feedback.querySelector(".error-line")) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
});
