/** The look of the timeline. Colours follow the page's colour scheme, or the system's where the page has none. */
export const styles = `
:host {
  color-scheme: light dark;
  display: block;
  container-type: inline-size;
  --surface: light-dark(#ffffff, #14171a);
  --sunken: light-dark(#f5f7f6, #1b1f22);
  --line: light-dark(#e3e8e6, #2a3033);
  --ink: light-dark(#17211d, #e8edeb);
  --quiet: light-dark(#56635d, #9ba8a2);
  --accent: light-dark(#147a55, #4fcf98);
  --on-accent: light-dark(#ffffff, #06281a);
  --amber: light-dark(#96590a, #e5ad55);
  --red: light-dark(#b8322a, #f0837b);
  --hue-0: light-dark(#147a55, #4fcf98);
  --hue-1: light-dark(#2b62c9, #7eaaf7);
  --hue-2: light-dark(#7d46bd, #c096f2);
  --hue-3: light-dark(#96590a, #e5ad55);
  --hue-4: light-dark(#b02d68, #f08bb6);
  --hue-none: light-dark(#6b7873, #8b9892);
  --lane: 1.875rem;
  --ease: cubic-bezier(0.2, 0.8, 0.2, 1);
  font: 0.875rem/1.5 Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', sans-serif;
  color: var(--ink);
  text-align: start;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.panel {
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--surface);
  box-shadow: 0 1px 2px rgb(0 0 0 / 0.04), 0 8px 24px -12px rgb(0 0 0 / 0.12);
  font-variant-numeric: tabular-nums;
}
h2, h3, p, ol { margin: 0; padding: 0; }
h2 { font-size: 0.9375rem; font-weight: 600; letter-spacing: -0.01em; }
h3 { color: var(--quiet); font-size: 0.75rem; font-weight: 500; }

header {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 0.75rem;
  padding: 0.75rem 1.25rem;
  border-bottom: 1px solid var(--line);
}
.status {
  display: inline-flex;
  align-items: center;
  gap: 0.375rem;
  padding: 0.0625rem 0.5rem;
  border: 1px solid var(--line);
  border-radius: 99px;
  font-size: 0.75rem;
}
.status::before {
  width: 0.4375rem;
  height: 0.4375rem;
  border-radius: 50%;
  background: var(--hue-none);
  content: '';
}
.status[data-status='active']::before { background: var(--accent); }
.status[data-status='trouble']::before { background: var(--amber); }
.status[data-status='ended']::before { background: var(--red); }
.summary { color: var(--quiet); font-size: 0.8125rem; }
.summary, .title, .detail { min-width: 0; overflow-wrap: anywhere; }

.controls {
  display: flex;
  flex-wrap: wrap;
  gap: 0.375rem;
  margin-inline-start: auto;
}
button {
  padding: 0.3125rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 7px;
  background: var(--surface);
  color: var(--ink);
  font: inherit;
  font-size: 0.8125rem;
  font-weight: 500;
  cursor: pointer;
  transition: background-color 120ms, border-color 120ms;
}
button:hover { border-color: var(--hue-none); background: var(--sunken); }
button:active { transform: translateY(0.5px); }
button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
button.primary:hover { background: color-mix(in oklab, var(--accent), var(--ink) 14%); }
button.alarm { border-color: var(--amber); color: var(--amber); }
.controls button[aria-disabled='true'] { border-color: var(--line); background: var(--sunken); color: var(--quiet); cursor: default; opacity: 0.75; }
button[aria-busy='true'] { cursor: progress; opacity: 0.7; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.tokens, .axis, .events { padding: 1rem 1.25rem; }
.axis, .events { border-top: 1px solid var(--line); }

.bars { display: grid; gap: 0.625rem; margin-top: 0.625rem; }
.bar {
  display: grid;
  grid-template-columns: 7rem 1fr 7rem;
  align-items: center;
  gap: 1rem;
}
.bar-name { font-weight: 500; }
.left { color: var(--quiet); text-align: end; }
.meter {
  position: relative;
  overflow: hidden;
  height: 0.5rem;
  border-radius: 99px;
  background: var(--line);
}
.fill {
  position: absolute;
  inset: 0;
  border-radius: inherit;
  background: var(--accent);
  transform-origin: left;
  transition: background-color 300ms;
}
.early {
  position: absolute;
  inset: 0 auto 0 0;
  border-right: 2px solid var(--surface);
  background: repeating-linear-gradient(-45deg, transparent 0 3px, color-mix(in oklab, var(--surface) 55%, transparent) 3px 5px);
}
.due .fill { background: var(--amber); }
.due .left { color: var(--amber); }
.absent .fill { display: none; }
.endless .fill { background: linear-gradient(90deg, var(--accent) 20%, transparent); opacity: 0.55; }

.chart {
  display: grid;
  grid-template: auto auto / 7rem 1fr;
  column-gap: 1rem;
  margin-top: 0.375rem;
}
.scale { position: relative; grid-column: 2; height: 1.375rem; color: var(--quiet); font-size: 0.6875rem; }
.mark { position: absolute; white-space: nowrap; transform: translateX(-50%); }
.mark:first-child { transform: none; }
.mark:last-child { transform: translateX(-100%); }
.mark.is-now { color: var(--ink); font-weight: 600; }
.label {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  height: var(--lane);
  font-weight: 500;
  white-space: nowrap;
}
.label::before { width: 0.5rem; height: 0.5rem; border-radius: 50%; background: var(--hue); content: ''; }
.label.session::before { display: none; }
.label small { color: var(--quiet); font-size: 0.6875rem; font-weight: 400; }
.plot {
  position: relative;
  height: calc(var(--rows, 1) * var(--lane));
  border-radius: 6px;
  background:
    linear-gradient(90deg, transparent calc(100% - 1px), var(--line) 0) 0 0 / 20% 100%,
    var(--sunken);
}
.past, .future { position: absolute; overflow: hidden; inset-block: 0; }
.past { left: 0; width: 80%; border-radius: 6px 0 0 6px; }
.future { left: 80%; width: 20%; border-radius: 0 6px 6px 0; }
.now { position: absolute; inset-block: -0.25rem 0; left: 80%; width: 2px; margin-left: -1px; border-radius: 1px; background: var(--ink); }
.track { position: absolute; inset: 0; will-change: transform; }
.track > * { position: absolute; top: calc(var(--row) * var(--lane)); }
.track > :is(.segment, .gap, .coming, .margin) { top: calc((var(--lane) - 1.125rem) / 2); height: 1.125rem; }
.segment {
  overflow: hidden;
  padding-inline: 0.375rem;
  border-left: 2px solid var(--hue);
  border-radius: 2px 4px 4px 2px;
  background: color-mix(in oklab, var(--hue) 18%, var(--surface));
  box-shadow: inset -2px 0 var(--sunken);
  color: var(--ink);
  font-size: 0.6875rem;
  font-weight: 600;
  line-height: 1.125rem;
}
.gap {
  border-radius: 3px;
  background: repeating-linear-gradient(-45deg, color-mix(in oklab, var(--red) 45%, transparent) 0 3px, transparent 3px 6px);
}
.coming { border-radius: 0 4px 4px 0; background: color-mix(in oklab, var(--hue) 12%, transparent); }
.margin { border-radius: 0 4px 4px 0; background: repeating-linear-gradient(-45deg, color-mix(in oklab, var(--hue) 32%, transparent) 0 2px, transparent 2px 5px); }
.next {
  width: 0.625rem;
  height: 0.625rem;
  margin: calc(var(--lane) / 2 - 0.3125rem) 0 0 -0.3125rem;
  border: 2px solid var(--hue);
  border-radius: 50%;
  background: var(--surface);
}
.lane { height: 2px; margin-top: calc(var(--lane) / 2 - 1px); border-radius: 1px; background: color-mix(in oklab, var(--hue) 40%, var(--line)); }
.track > .line {
  inset-block: calc(var(--lane) / 2 + 0.5625rem) 0;
  width: 1px;
  background: color-mix(in oklab, var(--hue) 40%, transparent);
}
.dot {
  width: 0.6875rem;
  height: 0.6875rem;
  margin: calc(var(--lane) / 2 - 0.34375rem) 0 0 -0.34375rem;
  border: 2px solid var(--sunken);
  border-radius: 50%;
  background: var(--hue);
}
.dot.fresh { animation: appear 600ms var(--ease); }
.cut {
  height: 1rem;
  margin-top: calc((var(--lane) - 1rem) / 2);
  border-radius: 3px;
  background: repeating-linear-gradient(-45deg, color-mix(in oklab, var(--amber) 55%, transparent) 0 2px, transparent 2px 6px);
}
.hue-0 { --hue: var(--hue-0); }
.hue-1 { --hue: var(--hue-1); }
.hue-2 { --hue: var(--hue-2); }
.hue-3 { --hue: var(--hue-3); }
.hue-4 { --hue: var(--hue-4); }
.hue-none { --hue: var(--hue-none); }

.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.75rem 0 0 8rem; color: var(--quiet); font-size: 0.75rem; }
.legend span { display: inline-flex; align-items: center; gap: 0.4375rem; }
.legend i { width: 0.5625rem; height: 0.5625rem; border-radius: 50%; background: var(--quiet); }
.legend .key-1 { border: 2px solid var(--quiet); background: none; }
.legend .key-2, .legend .key-3 { width: 0.875rem; border-radius: 2px; }
.legend .key-2 { background: repeating-linear-gradient(-45deg, var(--amber) 0 2px, transparent 2px 5px); }
.legend .key-3 { background: repeating-linear-gradient(-45deg, var(--red) 0 2px, transparent 2px 5px); }

.log { overflow-y: auto; max-height: 9.5rem; margin: 0.375rem -0.5rem 0; padding: 0 0.5rem; border-radius: 6px; overscroll-behavior: contain; }
ol { list-style: none; }
li { display: grid; grid-template-columns: 0.5rem auto 1fr auto; align-items: baseline; gap: 0.75rem; padding: 0.25rem 0; }
li + li { border-top: 1px solid color-mix(in oklab, var(--line) 60%, transparent); }
li::before { align-self: center; width: 0.375rem; height: 0.375rem; border-radius: 50%; background: var(--hue-none); content: ''; }
li.good::before { background: var(--hue, var(--accent)); }
li.warning::before { background: var(--amber); }
li.bad::before { background: var(--red); }
li.fresh { animation: slide 320ms var(--ease); }
.title::first-letter { text-transform: uppercase; }
.detail { overflow: hidden; color: var(--quiet); text-overflow: ellipsis; }
time { color: var(--quiet); font-size: 0.8125rem; white-space: nowrap; }
.nothing { color: var(--quiet); }
.announcement { position: absolute; overflow: hidden; width: 1px; height: 1px; clip-path: inset(50%); white-space: nowrap; }

@keyframes appear { from { box-shadow: 0 0 0 0 var(--hue); transform: scale(0.2); } to { box-shadow: 0 0 0 0.75rem transparent; transform: none; } }
@keyframes slide { from { opacity: 0; transform: translateY(-6px); } }

@container (max-width: 36rem) {
  .bar { grid-template-columns: 1fr auto; gap: 0.25rem 1rem; }
  .meter { grid-row: 2; grid-column: 1 / -1; }
  .chart { grid-template-columns: 4.5rem 1fr; column-gap: 0.5rem; }
  .label { flex-wrap: wrap; align-content: center; gap: 0 0.5rem; line-height: 1.1; }
  .label small { flex-basis: 100%; margin-inline-start: 1rem; }
  .label small:empty, .detail:empty, .mark:nth-child(even) { display: none; }
  .legend { margin-left: 0; }
  li { grid-template-columns: 0.5rem 1fr auto; }
  .detail { grid-row: 2; grid-column: 2 / -1; margin-top: -0.75rem; }
  .segment { color: transparent; }
}
@container (max-width: 24rem) { .mark:nth-child(3) { display: none; } }
@media (prefers-reduced-motion: reduce) {
  *, *::before { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  :host {
    --surface: Canvas;
    --sunken: Canvas;
    --line: CanvasText;
    --ink: CanvasText;
    --quiet: CanvasText;
    --accent: CanvasText;
    --amber: CanvasText;
    --red: CanvasText;
    --hue-0: CanvasText;
    --hue-1: CanvasText;
    --hue-2: CanvasText;
    --hue-3: CanvasText;
    --hue-4: CanvasText;
    --hue-none: CanvasText;
  }
  .meter, .plot, .legend i, .status::before, .label::before, li::before { forced-color-adjust: none; }
  button.primary, button.primary:hover { border-color: ButtonText; background: ButtonFace; color: ButtonText; }
  .meter, .plot { outline: 1px solid var(--line); background: Canvas; }
}
`
