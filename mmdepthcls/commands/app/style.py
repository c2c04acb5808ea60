"""How the page looks: fonts of the machine, nothing that is fetched. Pure."""

FONTS = ('system-ui', '-apple-system', 'Segoe UI', 'Roboto', 'Helvetica', 'Arial', 'sans-serif')
MONO = ('ui-monospace', 'SFMono-Regular', 'Menlo', 'Consolas', 'monospace')
CSS = '''
.gradio-container { max-width: 1360px !important; margin: 0 auto !important; }
#head h1 { margin: 0 0 .15em; font-size: 1.7rem; }
#head p { margin: 0; color: var(--body-text-color-subdued); font-size: 1.05rem; }
#status .empty { border: 1px dashed var(--border-color-primary); border-radius: 12px; padding: 2.2em 2em;
  font-size: 1.05rem; color: var(--body-text-color-subdued); }
#status .empty h3 { margin: 0 0 .6em; color: var(--body-text-color); }
#status .empty ol { margin: 0; padding-left: 1.3em; list-style: decimal; line-height: 1.9; }
#status .empty b { color: var(--body-text-color); }
#status .error { border-left: 5px solid #d9480f; background: rgba(217, 72, 15, .1); border-radius: 8px;
  padding: .8em 1.1em; }
#status .error p { margin: .25em 0 0; overflow-wrap: anywhere; }
.result-text p { margin: .15em 0; overflow-wrap: anywhere; }
.result-text .file, .about, .hint, .legend .note { color: var(--body-text-color-subdued); }
.about { font-size: .9rem; overflow-wrap: anywhere; } .about p { margin: .3em 0; }
.legend .bar { height: 16px; border-radius: 8px; }
.legend .ticks { position: relative; height: 1.5em; font-size: .85rem; font-variant-numeric: tabular-nums; }
.legend .ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.legend .ticks span:first-child { transform: none; } .legend .ticks span:last-child { transform: translateX(-100%); }
.legend .note { font-size: .85rem; }
.legend i.hatch { display: inline-block; width: 1.6em; height: .8em; vertical-align: middle; border-radius: 2px;
  background: repeating-linear-gradient(135deg, #808080 0 2px, #2b6f8e 2px 8px); }
.point { display: block; padding: .2em 0; }
.point p { margin: 0; } .point .metres { font-size: 2.1rem; font-weight: 700; font-variant-numeric: tabular-nums; }
.point .where { margin-left: .7em; color: var(--body-text-color-subdued); }
.files { display: flex; flex-wrap: wrap; gap: .6em; }
.files a { flex: 1 1 130px; display: block; border: 1px solid var(--border-color-primary); border-radius: 10px;
  padding: .6em .8em; text-decoration: none !important; color: var(--body-text-color) !important;
  background: var(--block-background-fill); }
.files a:hover, .files a:focus-visible { border-color: var(--color-accent); }
.files code { font-size: .85rem; } .files small { display: block; color: var(--body-text-color-subdued); }
#decoder input, #model input { text-overflow: ellipsis; padding-right: 2.4em; }
.gone { display: none !important; }
#picture img, #depth img { cursor: crosshair; }
#views.wide { flex-direction: column; } #views.wide > * { width: 100%; flex: none; }
#reading { align-items: center; } #measure { align-self: stretch; }
#points canvas { cursor: grab; }
@media (max-width: 640px) {
  .legend .crowded { display: none; } #status .empty { padding: 1.2em 1em; } #head h1 { font-size: 1.4rem; }
}
'''
