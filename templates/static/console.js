// What script adds to pages that work without it. htmx does the rest.
document.addEventListener("keydown", (event) => {
  // "/" goes to the filter, unless somebody is typing.
  const filter = document.querySelector("[data-filter]");
  if (event.key === "/" && filter && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    filter.focus();
  }
});

// On a phone not all tabs fit beside each other: the current one shall be seen.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A copy button appears beside whatever can be copied.
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

// What is said to a field while somebody types goes for its input as well.
document.addEventListener("htmx:afterSettle", () => {
  for (const said of document.querySelectorAll(".said[id]")) {
    const input = document.querySelector(`[aria-describedby="${said.id}"]`);
    if (said.querySelector(".wrong-line")) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
});
