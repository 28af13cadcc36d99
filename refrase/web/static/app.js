// What a page does with JavaScript and does not need: copying, and Ctrl+Enter.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value);
  } catch {
    source.hidden = false;
    source.select();
    document.execCommand("copy");
  }
  const status = document.getElementById("copied");
  status.textContent = "Copied.";
  setTimeout(() => { status.textContent = ""; }, 2000);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea[name=prompt]")) {
    event.target.form.requestSubmit();
  }
});

document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("[data-once]");
  if (button) setTimeout(() => { button.disabled = true; });
});
// A page that comes back from the browser's cache must have a living button.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-once]").forEach((button) => { button.disabled = false; });
});
