// What a page does with JavaScript and does not need: copying, Ctrl+Enter, examples, locking what is selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
  } catch {
    source.hidden = false;
    getSelection().selectAllChildren(source);
    source.select?.();
    document.execCommand("copy");
  }
  const status = document.getElementById("copied");
  status.textContent = "Copied.";
  setTimeout(() => { status.textContent = ""; }, 2000);
});

// An example goes into the prompt of this page, as if it were typed: Ctrl+Z brings back what was there.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-example]");
  const prompt = document.getElementById("prompt");
  if (!link || !prompt || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  prompt.focus();
  prompt.select();
  if (!document.execCommand("insertText", false, link.dataset.example)) prompt.value = link.dataset.example;
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

// Locked texts: a list in a hidden field, shown below the prompt, each with a button that takes it off again.
const lockButton = document.getElementById("lock");
if (lockButton) {
  const field = document.getElementById("locks");
  const list = document.getElementById("locked");
  const prompt = document.getElementById("prompt");
  const texts = () => JSON.parse(field.value || "[]");
  const show = (locked) => {
    field.value = locked.length ? JSON.stringify(locked) : "";
    list.replaceChildren(...locked.map((text, index) => {
      const item = document.createElement("li");
      item.append(text.length > 60 ? `${text.slice(0, 59)}…` : text);
      const off = document.createElement("button");
      off.type = "button";
      off.textContent = "×";
      off.setAttribute("aria-label", "Unlock");
      off.addEventListener("click", () => show(texts().filter((_, other) => other !== index)));
      item.append(off);
      return item;
    }));
  };
  lockButton.hidden = false;
  lockButton.addEventListener("click", () => {
    const selected = prompt.value.slice(prompt.selectionStart, prompt.selectionEnd);
    if (selected.trim() && !texts().includes(selected)) show([...texts(), selected]);
    prompt.focus();
  });
  show(texts());
  // Going back, the browser fills the fields in again, after this has run.
  window.addEventListener("pageshow", () => show(texts()));
}
