// Names for what Django's own scripts put on the page without one.
function name() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const shown = document.getElementById(`select2-${select.id}-container`);
    if (label) shown?.setAttribute("aria-label", label.textContent.trim());
  }
  for (const icon of document.querySelectorAll(".search-label-icon[aria-label]")) icon.setAttribute("role", "img");
}

// Some of them work at "load", others in jQuery's queue, which may come later: this comes after both.
window.addEventListener("load", () => window.django?.jQuery(name));

// What a list cuts is told whole where one points at it.
for (const cell of document.querySelectorAll("#result_list tbody :is(th, td)")) cell.title = cell.innerText;
