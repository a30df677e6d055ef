"use strict";(self.rspackChunk_mentoring_toolkit_lab=self.rspackChunk_mentoring_toolkit_lab||[]).push([["style_index_css"],{"./node_modules/css-loader/dist/cjs.js!../widgets/views/style.css"(t,e,i){var r=i("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),a=i.n(r),n=i("./node_modules/css-loader/dist/runtime/api.js"),o=(i.n(n))()(a());o.push([t.id,`/* The stylesheet of all views. Colours and fonts are JupyterLab's variables, so that its themes apply. */

.mt {
  --mt-text: var(--jp-ui-font-color1, rgba(0, 0, 0, 0.87));
  --mt-soft: var(--jp-ui-font-color2, rgba(0, 0, 0, 0.54));
  --mt-ground: var(--jp-layout-color1, #fff);
  --mt-hover: var(--jp-layout-color2, #eee);
  --mt-line: var(--jp-border-color2, #e0e0e0);
  --mt-edge: var(--jp-inverse-border-color, #757575);
  --mt-brand: var(--jp-brand-color1, #1976d2);
  --mt-accept: var(--jp-accept-color-normal, #1976d2);
  --mt-good: var(--jp-success-color1, #388e3c);
  --mt-warm: var(--jp-warn-color0, #e65100);
  --mt-corner: 6px;
  box-sizing: border-box;
  max-width: 640px;
  padding: 12px 8px;
  color: var(--mt-text);
  font: 400 var(--jp-content-font-size1, 14px) / 1.4 var(--jp-ui-font-family, system-ui, sans-serif);
  overflow-wrap: anywhere;
}

.mt *,
.mt *::before {
  box-sizing: border-box;
}

.mt [hidden] {
  display: none !important;
}

.mt-hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

/* The frame */

.mt-head {
  display: flex;
  align-items: baseline;
  gap: 12px;
  padding: 0 4px 8px;
}

.mt-title {
  overflow-wrap: break-word;
  font-size: 1.2em;
  font-weight: 600;
  line-height: 1.25;
}

.mt-meta,
.mt-saved,
.mt-small {
  color: var(--mt-soft);
  font-size: 12px;
  font-variant-numeric: tabular-nums;
}

.mt-saved {
  flex: 1 0 auto;
  min-height: 1.4em;
  text-align: end;
}

.mt-problem {
  display: flex;
  gap: 8px;
  margin: 0 4px 8px;
  padding: 8px;
  border: 1px solid var(--mt-line);
  border-inline-start: 3px solid var(--mt-warm);
  border-radius: var(--mt-corner);
}

.mt-problem .mt-icon {
  color: var(--mt-warm);
  margin-top: 2px;
}

.mt-gone .mt-body {
  opacity: 0.6;
}

.mt-empty {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px 12px;
  padding: 8px 4px;
  color: var(--mt-soft);
}

/* Icons and marks */

.mt-icon {
  display: block;
  flex: none;
  width: 16px;
  height: 16px;
  fill: none;
  stroke: currentcolor;
  stroke-width: 1.5;
  stroke-linecap: round;
  stroke-linejoin: round;
}

.mt-icon-handle,
.mt-icon-more {
  stroke-width: 2.2;
}

.mt-icon-play .mt-outer,
.mt-icon-half .mt-inner,
[class*="mt-icon-disc"] .mt-outer {
  fill: currentcolor;
}

.mt-icon-play .mt-outer,
.mt-icon-half .mt-inner {
  stroke: none;
}

[class*="mt-icon-disc"] .mt-inner {
  stroke: var(--mt-ground);
}

.mt-mark {
  display: grid;
  place-items: center;
  width: 20px;
  height: 20px;
  color: var(--mt-soft);
}

[data-mastery="learning"],
[data-mastery="shown"] {
  color: var(--mt-brand);
}

[data-mastery="retained"],
[data-outcome="passed"] {
  color: var(--mt-good);
}

[data-mastery="refresh due"],
[data-outcome="failed"],
[data-outcome="partly"],
[data-outcome="timed out"] {
  color: var(--mt-warm);
}

/* Controls */

.mt button,
.mt input,
.mt select,
.mt textarea {
  margin: 0;
  color: inherit;
  font: inherit;
}

.mt :is(button, input, select, summary, textarea, .mt-difference):focus-visible {
  outline: 2px solid var(--jp-focus-outline-color, var(--mt-brand));
  outline-offset: 1px;
}

.mt button {
  border: 0;
  border-radius: var(--mt-corner);
  background: none;
  cursor: pointer;
}

.mt button:disabled {
  cursor: default;
}

.mt .mt-button {
  overflow-wrap: break-word;
  min-height: 32px;
  padding: 4px 12px;
  border: 1px solid var(--mt-edge);
  color: var(--mt-text);
}

.mt a.mt-button {
  display: inline-flex;
  align-items: center;
  box-sizing: border-box;
  border-radius: var(--mt-corner);
  text-decoration: none;
}

.mt a.mt-button:hover {
  background: var(--mt-hover);
}

.mt .mt-quiet {
  border-color: transparent;
  text-decoration: underline;
  text-decoration-color: var(--mt-edge);
  text-underline-offset: 3px;
}

.mt .mt-primary {
  border-color: var(--mt-accept);
  background: var(--mt-accept);
  color: #fff;
  font-weight: 600;
}

.mt .mt-primary[aria-disabled="true"] {
  opacity: 0.7;
  cursor: progress;
}

.mt .mt-icon-button {
  display: grid;
  place-items: center;
  width: 28px;
  height: 28px;
  padding: 0;
  color: var(--mt-soft);
}

.mt :is(.mt-button, .mt-icon-button):not(.mt-primary):hover:enabled {
  background: var(--mt-hover);
  color: var(--mt-text);
}

.mt .mt-primary:hover {
  background: var(--jp-accept-color-hover, #1565c0);
}

.mt .mt-absent {
  visibility: hidden;
}

.mt .mt-field {
  min-width: 0;
  height: 28px;
  padding: 0 8px;
  border: 1px solid var(--mt-edge);
  border-radius: var(--mt-corner);
  background: var(--mt-ground);
}

.mt .mt-field::placeholder {
  color: var(--mt-soft);
  opacity: 1;
}

.mt .mt-field:invalid {
  border-color: var(--mt-warm);
}

.mt .mt-number {
  width: 52px;
  padding-inline-end: 0;
  font-variant-numeric: tabular-nums;
}

.mt .mt-check {
  position: relative;
  width: 18px;
  height: 18px;
  margin: 1px;
  appearance: none;
  border: 1.5px solid var(--mt-edge);
  border-radius: 4px;
  background: var(--mt-ground);
  cursor: pointer;
}

.mt .mt-seal {
  border-radius: 50%;
}

.mt .mt-check:checked {
  border-color: var(--mt-accept);
  background: var(--mt-accept);
}

.mt .mt-check:checked::before {
  content: "";
  position: absolute;
  inset: 2px;
  background: #fff;
  clip-path: polygon(8% 52%, 22% 38%, 41% 57%, 78% 17%, 92% 30%, 41% 84%);
}

.mt .mt-check:disabled {
  cursor: default;
  opacity: 0.7;
}

@media (forced-colors: active) {
  .mt .mt-check {
    appearance: auto;
  }
}

.mt-bar {
  display: flex;
  height: 4px;
  overflow: hidden;
  border-radius: 2px;
  background: var(--mt-line);
}

.mt-fill {
  background: var(--mt-brand);
}

.mt-over {
  background: var(--jp-warn-color2, #ffb74d);
}

/* Lists */

.mt .mt-list {
  margin: 0;
  padding: 0;
  list-style: none;
}

.mt-row {
  display: grid;
  align-items: center;
  gap: 0 4px;
  min-height: 36px;
  padding: 4px;
  border: 1px solid transparent;
  border-radius: var(--mt-corner);
}

.mt .mt-text {
  min-height: 28px;
  padding: 4px;
  text-align: start;
  cursor: text;
}

.mt-closed .mt-text,
.mt-closed .mt-minutes {
  color: var(--mt-soft);
  cursor: default;
}

.mt-strip,
.mt-buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 8px;
}

.mt-strip {
  gap: 4px 16px;
}

.mt .mt-strip .mt-button {
  padding: 4px;
}

.mt-add {
  display: grid;
  align-items: center;
  gap: 0 8px;
  min-height: 36px;
  padding: 4px 5px;
}

.mt .mt-add .mt-field {
  border-color: var(--mt-line);
}

.mt .mt-add .mt-field:focus {
  border-color: var(--mt-edge);
}

/* Prep card */

.mt-wish-line {
  display: grid;
  gap: 4px;
  margin: 0 4px 8px;
}

.mt .mt-wish {
  width: 100%;
  min-height: 30px;
  padding: 4px 8px;
  height: auto;
  field-sizing: content;
  resize: none;
  font: inherit;
  line-height: 1.4;
}

.mt .mt-wish:read-only {
  min-height: 0;
  padding: 0;
  border-color: transparent;
  background: none;
}

.mt-consent {
  display: flex;
  gap: 8px;
  align-items: flex-start;
  margin: 12px 4px 0;
}

.mt-consent .mt-check {
  flex: none;
}

/* Agenda */

.mt-agenda .mt-row {
  grid-template-columns: 20px 20px 1fr auto 28px 28px;
}

.mt .mt-handle {
  width: 20px;
  cursor: grab;
  touch-action: none;
}

.mt .mt-dragged {
  background: var(--mt-ground);
  box-shadow: 0 2px 8px rgba(0, 0, 0, 0.3);
}

.mt .mt-dragged .mt-handle {
  cursor: grabbing;
}

.mt-minutes {
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}

.mt-agenda .mt-inline {
  display: flex;
  grid-column: 3 / 5;
  gap: 4px;
}

.mt-agenda .mt-inline .mt-field:first-child {
  flex: 1;
}

.mt-agenda .mt-running {
  margin: 4px 0;
  border-color: var(--mt-brand);
}

.mt-agenda .mt-running .mt-text {
  font-size: 1.2em;
  font-weight: 600;
  line-height: 1.25;
}

.mt-agenda :is(.mt-next, .mt-running) .mt-start {
  color: var(--mt-brand);
}

.mt-agenda .mt-now {
  display: flex;
  grid-column: 3 / -1;
  align-items: center;
  gap: 8px;
  padding: 0 4px 4px;
}

.mt-agenda .mt-now .mt-bar {
  flex: 1;
}

.mt-overrun {
  color: var(--mt-text);
  font-weight: 600;
}

.mt-agenda .mt-strip {
  grid-column: 3 / -1;
}

.mt-agenda .mt-add {
  grid-template-columns: 44px 1fr 52px auto 28px;
}

.mt-agenda .mt-add .mt-mark {
  justify-self: end;
}

/* Checklist */

.mt-group {
  border-top: 1px solid var(--mt-line);
}

.mt :is(.mt-group, .mt-hint) summary {
  display: grid;
  grid-template-columns: 16px 1fr auto 96px;
  align-items: center;
  gap: 8px;
  min-height: 36px;
  padding: 4px;
  border-radius: var(--mt-corner);
  cursor: pointer;
  list-style: none;
}

.mt summary::-webkit-details-marker {
  display: none;
}

.mt details[open] > summary > .mt-icon {
  transform: rotate(90deg);
}

.mt-name {
  font-weight: 600;
}

.mt-count {
  color: var(--mt-soft);
  font-size: 12px;
  font-variant-numeric: tabular-nums;
}

.mt-complete .mt-fill {
  background: var(--mt-good);
}

.mt-columns,
.mt-checklist .mt-row {
  grid-template-columns: 20px 1fr 64px 64px;
}

.mt-columns {
  display: grid;
  padding: 0 4px;
  color: var(--mt-soft);
  font-size: 12px;
  text-align: center;
}

.mt-columns span:first-child {
  grid-column: 3;
}

.mt-checklist .mt-row {
  gap: 0 8px;
}

.mt-columns {
  gap: 0 8px;
}

.mt-checklist .mt-check {
  justify-self: center;
}

.mt-checklist .mt-skill {
  padding-inline-end: 4px;
}

.mt-said {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
  margin-inline-start: -5px;
}

.mt .mt-said .mt-field {
  height: 24px;
  padding: 0 4px;
  font-size: 12px;
}

.mt .mt-said input {
  flex: 1 1 120px;
}

.mt .mt-said .mt-unsaid:not(:focus, :hover) {
  border-color: transparent;
  color: var(--mt-soft);
}

/* Timer */

.mt-clock {
  display: grid;
  grid-template-columns: auto 1fr auto;
  align-items: center;
  gap: 4px 16px;
  min-height: 64px;
  padding: 0 4px 8px;
}

.mt-digits {
  min-width: 3ch;
  font-size: 44px;
  font-weight: 300;
  font-variant-numeric: tabular-nums;
  line-height: 1.2;
  white-space: nowrap;
}

.mt-timer .mt-bar {
  margin: 0 4px;
}

.mt-notice {
  color: var(--mt-text);
  font-weight: 600;
}

.mt-plan {
  display: flex;
  align-items: center;
  gap: 4px;
}

/* Wide enough for both of its texts, so that the change of text moves nothing. */
.mt .mt-clock .mt-quiet {
  min-width: 128px;
  padding-inline: 4px;
  text-align: end;
}

/* Actions */

.mt-actions .mt-row {
  grid-template-columns: 20px 20px 1fr 28px;
  align-items: start;
}

.mt-actions .mt-row > :is(.mt-check, .mt-mark) {
  margin-top: 5px;
}

.mt-actions .mt-facts {
  display: flex;
  grid-column: 3 / -1;
  flex-wrap: wrap;
  align-items: center;
  gap: 0 12px;
  padding: 0 4px;
}

.mt .mt-fact {
  display: flex;
  align-items: center;
  gap: 4px;
  min-height: 24px;
  padding: 0;
  text-align: start;
}

.mt .mt-fact:hover:enabled,
.mt .mt-prompt {
  text-decoration: underline;
  text-decoration-color: var(--mt-edge);
  text-underline-offset: 3px;
}

.mt-actions .mt-strip,
.mt-actions .mt-form {
  grid-column: 3 / -1;
}

.mt-form {
  display: grid;
  gap: 8px;
  padding: 4px 0 8px;
}

.mt-pair {
  display: grid;
  grid-template-columns: 1fr 1fr;
  gap: 8px;
}

.mt-label {
  display: grid;
  gap: 4px;
}

.mt-actions .mt-add {
  grid-template-columns: 44px 1fr 28px;
}

.mt-actions .mt-add .mt-mark {
  justify-self: end;
}

/* Exercise */

.mt-exercise .mt-facts {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 8px;
  padding: 0 4px 12px;
}

.mt-chip {
  padding: 0 8px;
  border: 1px solid var(--mt-line);
  border-radius: var(--mt-corner);
  font-size: 12px;
  line-height: 20px;
}

.mt-check-line {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 12px;
  min-height: 40px;
  padding: 0 4px 8px;
}

.mt .mt-button[aria-disabled="true"] {
  cursor: progress;
}

.mt-handin {
  margin: 8px 0;
  padding: 8px 4px;
  border-block: 1px solid var(--mt-line);
}

.mt-handin-line {
  display: grid;
  grid-template-columns: 20px 1fr;
  align-items: start;
  gap: 0 8px;
  font-variant-numeric: tabular-nums;
}

.mt-handin-line .mt-mark {
  margin-top: 2px;
}

.mt-submitted {
  font-weight: 600;
}

.mt-receipt {
  padding-inline-start: 28px;
  font-variant-numeric: tabular-nums;
}

.mt-handin .mt-row {
  padding-inline: 0;
}

.mt .mt-link {
  display: inline-flex;
  align-items: center;
  gap: 4px;
  min-height: 32px;
  padding-inline: 4px;
  color: var(--jp-content-link-color, var(--mt-brand));
  text-decoration: underline;
  text-underline-offset: 3px;
}

.mt .mt-link:focus-visible {
  outline: 2px solid var(--mt-brand);
  outline-offset: 2px;
}

.mt-exercise .mt-row {
  grid-template-columns: 20px 1fr auto 28px;
  gap: 0 8px;
}

.mt-message {
  grid-column: 2 / -1;
  margin: 4px 0;
  padding: 8px 12px;
  border-inline-start: 3px solid var(--mt-warm);
  white-space: pre-wrap;
}

.mt code {
  padding: 1px 4px;
  border-radius: 4px;
  background: var(--mt-hover);
  color: inherit;
  font-family: var(--jp-code-font-family, monospace);
  font-size: 0.93em;
}

.mt-turn .mt-icon {
  transition: transform 120ms;
}

.mt-turn[aria-expanded="true"] .mt-icon {
  transform: rotate(90deg);
}

.mt-hints {
  padding: 8px 4px 0;
}

.mt .mt-hint summary {
  grid-template-columns: 16px 1fr;
  padding: 0;
}

.mt-hint-text {
  padding: 0 0 8px 24px;
  white-space: pre-wrap;
}

.mt-exercise .mt-hints + .mt-small {
  padding: 4px;
}

.mt-ask {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 8px;
  min-height: 40px;
  padding: 4px 0;
}

.mt-ask .mt-small {
  padding-inline: 4px;
}

.mt .mt-ask .mt-button {
  padding-inline: 4px;
}

/* Review */

.mt-review {
  max-width: 760px;
}

.mt-review .mt-facts,
.mt-review .mt-cells + .mt-name,
.mt-left {
  padding: 0 4px 8px;
  color: var(--mt-soft);
}

.mt-cells {
  display: grid;
  gap: 12px;
  padding: 4px;
}

.mt-cells > * {
  min-width: 0;
}

.mt-cell-answer,
.mt-cell-task {
  padding: 8px 12px 12px;
  border: 1px solid var(--mt-line);
  border-radius: var(--mt-corner);
}

.mt-cell-test,
.mt-cell-code {
  padding-inline-start: 12px;
  border-inline-start: 3px solid var(--mt-line);
}

.mt-cell-head {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 8px;
  min-height: 28px;
}

.mt-score {
  margin-inline-start: auto;
}

[data-state="passed"] {
  color: var(--mt-good);
}

:is([data-state="partly"], [data-state="not-yet"], [data-state="stopped"]) {
  color: var(--mt-warm);
}

.mt-written {
  max-width: 68ch;
}

.mt-written > :first-child {
  margin-top: 0;
}

.mt-written :is(h1, h2, h3, h4, h5, h6) {
  margin: 8px 0;
  font-size: 1em;
  font-weight: 600;
}

.mt-written pre,
.mt .mt-difference {
  margin: 4px 0;
  padding: 8px 12px;
  overflow-x: auto;
  border-radius: var(--mt-corner);
  background: var(--mt-hover);
  color: inherit;
  font: 0.93em / 1.5 var(--jp-code-font-family, monospace);
  white-space: pre-wrap;
}

.mt-written pre code {
  padding: 0;
  background: none;
}

.mt-written img {
  max-width: 100%;
}

.mt-written .table {
  overflow-x: auto;
}

.mt-written .highlight :is(.k, .kn, .kc, .ow) {
  color: var(--jp-mirror-editor-keyword-color, inherit);
  font-weight: 600;
}

.mt-written .highlight :is(.s1, .s2, .sa, .sd, .si) {
  color: var(--jp-mirror-editor-string-color, inherit);
}

.mt-written .highlight :is(.c1, .cm) {
  color: var(--mt-soft);
  font-style: italic;
}

.mt .mt-difference {
  padding-inline-start: 8px;
  list-style: none;
}

.mt-review .mt-line {
  display: grid;
  grid-template-columns: 2ch 1fr;
}

.mt-review .mt-line :is(ins, del) {
  text-decoration: none;
}

.mt-added {
  border-inline-start: 3px solid var(--mt-good);
}

.mt-removed {
  border-inline-start: 3px dashed var(--mt-warm);
}

.mt-same {
  border-inline-start: 3px solid transparent;
  color: var(--mt-soft);
}

.mt-review .mt-line .mt-sign {
  text-align: center;
}

.mt-give {
  display: grid;
  gap: 4px;
  margin-top: 8px;
}

.mt .mt-points {
  width: 96px;
  height: 32px;
}

.mt .mt-comment {
  width: 100%;
  height: auto;
  padding: 8px;
  resize: vertical;
}

.mt .mt-field[aria-invalid="true"] {
  border: 2px solid var(--mt-warm);
}

.mt-note:empty {
  display: none;
}

.mt-save-line {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
  min-height: 40px;
  padding: 4px;
}

.mt .mt-button:not(.mt-primary)[aria-disabled="true"] {
  opacity: 0.6;
  cursor: default;
}

/* The session's desk */

.mt-desk {
  max-width: 760px;
  container-type: inline-size;
}

.mt-desk .mt-head {
  flex-wrap: wrap;
  gap: 0 12px;
}

.mt-do-now {
  display: grid;
  gap: 8px;
  margin: 0 0 12px;
  padding: 12px;
  border: 1px solid var(--mt-brand);
  border-radius: var(--mt-corner);
}

.mt-asked {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 8px;
  align-items: center;
  justify-content: space-between;
}

.mt-asked.mt-idle,
.mt-asked-buttons[hidden] {
  display: none;
}

.mt-asked-buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
}

.mt-now-text {
  font-size: 1.2em;
  font-weight: 600;
  line-height: 1.25;
}

.mt-now-time,
.mt-gone-line {
  display: flex;
  align-items: center;
  gap: 8px;
}

.mt-now-time .mt-bar,
.mt-gone-line .mt-bar {
  flex: 1;
}

.mt-now-line {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 8px;
}

.mt .mt-part > summary {
  grid-template-columns: 16px 1fr auto;
  min-height: 40px;
}

.mt-inside {
  display: grid;
  gap: 8px;
  padding: 0 4px 16px 28px;
}

.mt-inside > :is(div, ul, ol):empty,
.mt-result:empty {
  display: none;
}

.mt-inside p {
  max-width: 68ch;
  margin: 0 0 8px;
}

.mt .mt-plain {
  display: grid;
  gap: 4px;
  margin: 0;
  padding: 0;
  list-style: none;
}

.mt-over-list {
  margin-top: 8px;
}

.mt-opener {
  padding-inline-start: 12px;
  border-inline-start: 3px solid var(--mt-brand);
}

.mt-late-line > span:first-child {
  font-weight: 600;
}

.mt-topic {
  display: grid;
  grid-template-columns: 20px 1fr auto;
  align-items: baseline;
  gap: 0 8px;
}

.mt-topic .mt-mark {
  align-self: start;
}

.mt-topic:is([data-state="discussed"], [data-state="dropped"], [data-state="carried"]) {
  color: var(--mt-soft);
}

.mt-is-now {
  font-weight: 600;
}

.mt-is-now .mt-mark {
  color: var(--mt-brand);
}

.mt-next-hint {
  padding: 8px 12px 0;
  border: 1px dashed var(--mt-edge);
  border-radius: var(--mt-corner);
}

.mt-next-hint .mt-hint-text {
  padding: 4px 0 8px;
}

.mt-inside .mt-check-line {
  padding: 0;
}

.mt .mt-inside .mt-hint > summary {
  align-items: start;
  min-height: 28px;
}

.mt-inside .mt-hint > summary > .mt-icon {
  margin-top: 2px;
}

.mt-figure {
  margin: 0 0 8px;
}

.mt .mt-source {
  margin: 4px 0 0;
  padding: 8px 12px;
  overflow-x: auto;
  border-radius: var(--mt-corner);
  background: var(--mt-hover);
  color: inherit;
  font: 0.93em / 1.5 var(--jp-code-font-family, monospace);
  white-space: pre-wrap;
}

.mt .mt-source:focus-visible,
.mt .mt-private:focus-visible {
  outline: 2px solid var(--jp-focus-outline-color, var(--mt-brand));
  outline-offset: 1px;
}

/* Private notes are blurred until they have the focus or the pointer. */
.mt-private:not(:hover, :focus, :placeholder-shown) {
  filter: blur(6px);
}

.mt-kept-note {
  padding: 4px 0;
  white-space: pre-wrap;
}

.mt-skill-row {
  display: grid;
  grid-template-columns: 20px 1fr auto;
  align-items: center;
  gap: 0 8px;
  min-height: 40px;
}

.mt-see {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
}

.mt .mt-see .mt-button {
  display: flex;
  align-items: center;
  gap: 4px;
}

.mt .mt-see [aria-pressed="true"] {
  border-width: 2px;
  border-color: var(--mt-brand);
  font-weight: 600;
  cursor: default;
}

.mt-seen-line {
  display: flex;
  flex-wrap: wrap;
  grid-column: 2 / -1;
  gap: 0 16px;
  min-height: 24px;
}

.mt-seen {
  display: flex;
  align-items: center;
}

.mt .mt-seen .mt-button {
  min-height: 24px;
  padding: 0 8px;
}

.mt-desk select.mt-field {
  max-width: 100%;
}

.mt-kept {
  display: grid;
  gap: 8px;
}

.mt-draft {
  display: grid;
  gap: 4px;
  padding: 8px 12px;
  border-inline-start: 3px solid var(--mt-line);
}

.mt-draft .mt-name:not(:first-child) {
  margin-top: 8px;
}

.mt-question {
  display: grid;
  gap: 8px;
  padding: 12px;
  border: 1px solid var(--mt-edge);
  border-radius: var(--mt-corner);
}

@container (max-width: 440px) {
  .mt-inside {
    padding-inline-start: 4px;
  }

  .mt-skill-row {
    grid-template-columns: 20px 1fr;
  }

  .mt-see {
    grid-column: 2;
  }
}

/* Motion: opacity and height only; none with prefers-reduced-motion */

@media (prefers-reduced-motion: no-preference) {
  .mt-strip:not([hidden]),
  .mt-message:not([hidden]),
  .mt-form:not([hidden]) {
    animation: mt-appear 120ms;
  }

  .mt-fill {
    transition: width 120ms;
  }
}

@media (prefers-reduced-motion: reduce) {
  .mt-turn .mt-icon {
    transition: none;
  }
}

@keyframes mt-appear {
  from {
    opacity: 0;
  }
}
`,""]),i.d(e,{},{A:o})},"./node_modules/css-loader/dist/cjs.js!./style/index.css"(t,e,i){var r=i("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),a=i.n(r),n=i("./node_modules/css-loader/dist/runtime/api.js"),o=i.n(n),m=i("./node_modules/css-loader/dist/cjs.js!../widgets/views/style.css"),s=i("./node_modules/css-loader/dist/cjs.js!./style/panel.css"),d=o()(a());d.i(m.A),d.i(s.A),d.push([t.id,`
`,""]),i.d(e,{},{A:d})},"./node_modules/css-loader/dist/cjs.js!./style/panel.css"(t,e,i){var r=i("./node_modules/css-loader/dist/runtime/noSourceMaps.js"),a=i.n(r),n=i("./node_modules/css-loader/dist/runtime/api.js"),o=(i.n(n))()(a());o.push([t.id,`/* The side panel, and the highlight of changes. The views' own stylesheet is toolkit/widgets/views/style.css. */

#jp-right-stack:has(.mt-panel:not(.lm-mod-hidden)) {
  min-width: min(364px, 100vw - 80px) !important;
}

.mt-panel {
  height: 100%;
  max-width: none;
  padding: 12px 8px 24px;
  overflow-x: hidden;
  overflow-y: auto;
  background: var(--mt-ground);
}

.mt-panel > header .mt-head {
  padding-bottom: 4px;
}

.mt-status {
  flex: 1;
  min-height: 1.4em;
  text-align: end;
}

.mt-restarted {
  align-items: start;
}

.mt-restarted > span {
  flex: 1;
}

/* People */

.mt .mt-people {
  margin: 0;
  padding: 4px;
  list-style: none;
}

.mt-person {
  display: flex;
  align-items: center;
  gap: 8px;
  min-height: 32px;
}

.mt-initials,
.mt [data-by]::after {
  display: grid;
  place-items: center;
  flex: none;
  width: 24px;
  height: 24px;
  border-radius: 50%;
  background: var(--mt-by, var(--mt-brand));
  color: var(--jp-ui-font-color0, #000);
  font-size: 11px;
  font-weight: 600;
}

.mt-away .mt-initials {
  background: none;
  box-shadow: inset 0 0 0 1.5px var(--mt-edge);
  color: var(--mt-soft);
}

.mt-away .mt-name {
  color: var(--mt-soft);
  font-weight: 400;
}

.mt-wheel {
  display: flex;
  align-items: center;
  gap: 4px;
  margin-inline-start: auto;
  padding: 0 8px;
  border: 1px solid var(--mt-edge);
  border-radius: var(--mt-corner);
  font-size: 12px;
}

/* A group's notebooks */

.mt-notebooks {
  flex-wrap: wrap;
  padding: 4px;
}

.mt-notebooks > .mt-button {
  display: inline-flex;
  align-items: center;
  gap: 4px;
}

.mt-notebooks > [aria-current] {
  box-shadow: inset 0 -3px var(--mt-brand);
  font-weight: 600;
}

.mt-reading-line {
  min-height: 1.4em;
  padding: 0 4px;
}

.mt-reading .jp-cell-toolbar,
.mt-reading .jp-Notebook-footer {
  display: none;
}

/* Driver, quiet minutes, toolbar */

.mt-line {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 8px;
  min-height: 40px;
  padding: 0 4px;
}

.mt-line > span:first-child {
  flex: 1 1 120px;
}

.mt-line > span:focus {
  outline: none;
}

.mt-remaining {
  font-size: 1.2em;
  font-weight: 600;
  font-variant-numeric: tabular-nums;
}

.mt-tools {
  display: flex;
  align-items: center;
  gap: 4px;
  padding: 0 4px 8px;
}

.mt-tools > .mt-icon-button:first-of-type,
.mt-tools > .mt-toggle {
  margin-inline-end: auto;
}

.mt .mt-toggle {
  display: flex;
  align-items: center;
  gap: 8px;
}

.mt .mt-toggle[aria-pressed="true"] {
  border-color: var(--mt-brand);
  box-shadow: inset 0 0 0 1px var(--mt-brand);
  font-weight: 600;
}

.mt-tools [aria-disabled="true"] {
  cursor: default;
  opacity: 0.4;
}

/* Sections: the summary has the view's title, with its figures beside it. */

.mt-section {
  border-top: 1px solid var(--mt-line);
}

.mt .mt-section > summary {
  display: flex;
  align-items: center;
  gap: 4px;
  min-height: 40px;
  padding: 0 4px;
  cursor: pointer;
  list-style: none;
}

.mt-section > .mt {
  max-width: none;
  padding: 0 0 12px;
}

.mt-section > .mt > .mt-head {
  position: relative;
  justify-content: flex-end;
  height: 0;
  padding: 0 4px;
  pointer-events: none;
}

.mt-section > .mt > .mt-head .mt-meta {
  position: absolute;
  bottom: 10px;
}

/* The panel's header shows it once for all views. */
.mt-section > .mt > .mt-problem:not(.mt-lost),
.mt-section > .mt > .mt-head > :is(.mt-title, .mt-saved) {
  display: none;
}

/* The panel is narrower than an output: the checklist's marks are closer, the timer's parts wrap. */

.mt-panel :is(.mt-columns, .mt-checklist .mt-row) {
  grid-template-columns: 20px 1fr 64px 52px;
}

.mt-panel .mt-clock {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 12px;
}

.mt-panel .mt-clock .mt-facts {
  flex: 1 0 84px;
}

.mt-panel .mt-clock .mt-buttons {
  margin-inline-start: auto;
}

.mt-panel .mt-clock .mt-quiet {
  min-width: 112px;
}

.mt-panel .mt-digits {
  font-size: 36px;
}

/* The exercise: its title and task are above the card. */

.mt-task-head {
  display: flex;
  align-items: baseline;
  justify-content: space-between;
  gap: 8px;
  padding: 0 4px;
}

.mt .mt-task-head .mt-button {
  flex: none;
  min-height: 28px;
  padding: 2px 4px;
  font-size: 12px;
}

.mt .mt-task > summary {
  display: flex;
  align-items: center;
  gap: 8px;
  min-height: 32px;
  padding: 0 4px;
  color: var(--mt-soft);
  font-size: 12px;
  cursor: pointer;
  list-style: none;
}

.mt-task-text {
  padding: 0 4px 8px 28px;
}

.mt-task-text .jp-RenderedHTMLCommon {
  padding: 0;
  font-size: inherit;
}

.mt-task-text .jp-RenderedHTMLCommon :is(h1, h2, h3, h4, h5, h6) {
  margin: 0 0 4px;
  font-size: 1em;
}

.mt-section > .mt-exercise {
  padding-top: 4px;
}

.mt-section > .mt-exercise .mt-row {
  grid-template-columns: 20px 1fr auto 28px;
}

/* Notes */

.mt-notes {
  padding-bottom: 12px;
}

.mt .mt-notes-field {
  display: block;
  width: calc(100% - 8px);
  min-height: 80px;
  max-height: 50vh;
  margin: 0 4px 4px;
  padding: 4px 8px;
  border: 1px solid var(--mt-edge);
  border-radius: var(--mt-corner);
  background: var(--mt-ground);
  field-sizing: content;
  resize: vertical;
}

.mt-notes > .mt-small {
  padding: 0 4px;
}

/* The timer in the status bar */

.mt-status-clock > button {
  display: flex;
  align-items: center;
  gap: 6px;
  height: 100%;
  padding: 0 8px;
  border: 0;
  border-block-end: 2px solid transparent;
  background: none;
  color: inherit;
  font: inherit;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
  cursor: pointer;
}

.mt-status-clock > button[hidden] {
  display: none;
}

.mt-status-clock > button:focus-visible {
  outline: 2px solid var(--jp-focus-outline-color, var(--jp-brand-color1));
  outline-offset: -2px;
}

.mt-status-clock:is([data-mark="5"], [data-mark="1"], [data-mark="0"]) > button {
  border-block-end-color: var(--jp-brand-color1);
  font-weight: 600;
}

.mt-status-clock[data-mark="0"] > button {
  border-block-end-color: var(--jp-warn-color2, #ffb74d);
}

/* In an output */

.mt-output {
  padding: 0 8px;
}

/* The highlight of the last change */

.mt [data-by] {
  position: relative;
}

.mt [data-by]::after {
  content: attr(data-by);
  position: absolute;
  inset-block-start: -4px;
  inset-inline-end: 0;
  width: 20px;
  height: 20px;
  font-size: 9px;
  animation: mt-by 10s linear forwards;
  pointer-events: none;
}

@keyframes mt-by {
  0%,
  90% {
    opacity: 1;
  }

  100% {
    opacity: 0;
  }
}

@media (prefers-reduced-motion: reduce) {
  .mt [data-by]::after {
    animation: none;
  }
}
`,""]),i.d(e,{},{A:o})},"./node_modules/css-loader/dist/runtime/api.js"(t){t.exports=function(t){var e=[];return e.toString=function(){return this.map(function(e){var i="",r=void 0!==e[5];return e[4]&&(i+="@supports (".concat(e[4],") {")),e[2]&&(i+="@media ".concat(e[2]," {")),r&&(i+="@layer".concat(e[5].length>0?" ".concat(e[5]):""," {")),i+=t(e),r&&(i+="}"),e[2]&&(i+="}"),e[4]&&(i+="}"),i}).join("")},e.i=function(t,i,r,a,n){"string"==typeof t&&(t=[[null,t,void 0]]);var o={};if(r)for(var m=0;m<this.length;m++){var s=this[m][0];null!=s&&(o[s]=!0)}for(var d=0;d<t.length;d++){var p=[].concat(t[d]);r&&o[p[0]]||(void 0!==n&&(void 0===p[5]||(p[1]="@layer".concat(p[5].length>0?" ".concat(p[5]):""," {").concat(p[1],"}")),p[5]=n),i&&(p[2]&&(p[1]="@media ".concat(p[2]," {").concat(p[1],"}")),p[2]=i),a&&(p[4]?(p[1]="@supports (".concat(p[4],") {").concat(p[1],"}"),p[4]=a):p[4]="".concat(a)),e.push(p))}},e}},"./node_modules/css-loader/dist/runtime/noSourceMaps.js"(t){t.exports=function(t){return t[1]}},"./style/index.css"(t,e,i){i.r(e);var r=i("./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"),a=i.n(r),n=i("./node_modules/style-loader/dist/runtime/styleDomAPI.js"),o=i.n(n),m=i("./node_modules/style-loader/dist/runtime/insertBySelector.js"),s=i.n(m),d=i("./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"),p=i.n(d),l=i("./node_modules/style-loader/dist/runtime/insertStyleElement.js"),c=i.n(l),x=i("./node_modules/style-loader/dist/runtime/styleTagTransform.js"),g=i.n(x),u=i("./node_modules/css-loader/dist/cjs.js!./style/index.css"),h={};h.styleTagTransform=g(),h.setAttributes=p(),h.insert=s().bind(null,"head"),h.domAPI=o(),h.insertStyleElement=c(),a()(u.A,h);let f=u.A&&u.A.locals?u.A.locals:void 0;i.d(e,{},{default:f})},"./node_modules/style-loader/dist/runtime/injectStylesIntoStyleTag.js"(t){var e=[];function i(t){for(var i=-1,r=0;r<e.length;r++)if(e[r].identifier===t){i=r;break}return i}function r(t,r){for(var a={},n=[],o=0;o<t.length;o++){var m=t[o],s=r.base?m[0]+r.base:m[0],d=a[s]||0,p="".concat(s," ").concat(d);a[s]=d+1;var l=i(p),c={css:m[1],media:m[2],sourceMap:m[3],supports:m[4],layer:m[5]};if(-1!==l)e[l].references++,e[l].updater(c);else{var x=function(t,e){var i=e.domAPI(e);return i.update(t),function(e){e?(e.css!==t.css||e.media!==t.media||e.sourceMap!==t.sourceMap||e.supports!==t.supports||e.layer!==t.layer)&&i.update(t=e):i.remove()}}(c,r);r.byIndex=o,e.splice(o,0,{identifier:p,updater:x,references:1})}n.push(p)}return n}t.exports=function(t,a){var n=r(t=t||[],a=a||{});return function(t){t=t||[];for(var o=0;o<n.length;o++){var m=i(n[o]);e[m].references--}for(var s=r(t,a),d=0;d<n.length;d++){var p=i(n[d]);0===e[p].references&&(e[p].updater(),e.splice(p,1))}n=s}}},"./node_modules/style-loader/dist/runtime/insertBySelector.js"(t){var e={};t.exports=function(t,i){var r=function(t){if(void 0===e[t]){var i=document.querySelector(t);if(window.HTMLIFrameElement&&i instanceof window.HTMLIFrameElement)try{i=i.contentDocument.head}catch(t){i=null}e[t]=i}return e[t]}(t);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(i)}},"./node_modules/style-loader/dist/runtime/insertStyleElement.js"(t){t.exports=function(t){var e=document.createElement("style");return t.setAttributes(e,t.attributes),t.insert(e,t.options),e}},"./node_modules/style-loader/dist/runtime/setAttributesWithoutAttributes.js"(t,e,i){t.exports=function(t){var e=i.nc;e&&t.setAttribute("nonce",e)}},"./node_modules/style-loader/dist/runtime/styleDomAPI.js"(t){t.exports=function(t){if("u"<typeof document)return{update:function(){},remove:function(){}};var e=t.insertStyleElement(t);return{update:function(i){var r,a,n;r="",i.supports&&(r+="@supports (".concat(i.supports,") {")),i.media&&(r+="@media ".concat(i.media," {")),(a=void 0!==i.layer)&&(r+="@layer".concat(i.layer.length>0?" ".concat(i.layer):""," {")),r+=i.css,a&&(r+="}"),i.media&&(r+="}"),i.supports&&(r+="}"),(n=i.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(n))))," */")),t.styleTagTransform(r,e,t.options)},remove:function(){var t;null===(t=e).parentNode||t.parentNode.removeChild(t)}}}},"./node_modules/style-loader/dist/runtime/styleTagTransform.js"(t){t.exports=function(t,e){if(e.styleSheet)e.styleSheet.cssText=t;else{for(;e.firstChild;)e.removeChild(e.firstChild);e.appendChild(document.createTextNode(t))}}}}]);