// What a network's page can do more with a script: tell what a line is, and show only some of them.
"use strict";

const form = document.querySelector(".plot-filter");
const told = document.querySelector(".plot-told");
const lines = [...document.querySelectorAll(".figure.network a[data-days]")];
const rows = [...document.querySelectorAll("tr[data-days]")];

function tell(event) {
  const line = event.target.closest?.(".figure.network a[data-days]");
  told.textContent = line ? line.querySelector("title").textContent : told.dataset.hint;
}

function fits(element, leastCoherence, mostDays) {
  const { coherence, days } = element.dataset;
  return (leastCoherence === "" || Number(coherence ?? -1) >= Number(leastCoherence))
    && (mostDays === "" || Number(days) <= Number(mostDays));
}

function filter() {
  const { coherence, days } = form.elements;
  const wanted = [coherence.value, days.value];
  for (const element of [...lines, ...rows]) {
    element.classList.toggle("off", !fits(element, ...wanted));
  }
  const shown = lines.filter((line) => !line.classList.contains("off")).length;
  form.querySelector("output").textContent = form.dataset.shown.replace("{shown}", shown);
}

if (form && lines.length) {
  form.hidden = false;
  told.textContent = told.dataset.hint;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  document.addEventListener("pointerover", tell);
  document.addEventListener("focusin", tell);
  filter();
}
