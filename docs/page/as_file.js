/* Not a module: browsers load no modules for pages that are opened as files, nor where they are too old for them. */
(function () {
  var words = location.protocol === 'file:' ? 'file-words'
    : !('noModule' in document.createElement('script')) || typeof OffscreenCanvas === 'undefined'
      || typeof DecompressionStream === 'undefined' || typeof WebAssembly === 'undefined' ? 'old-words' : null;
  if (words) {
    document.getElementById(words).hidden = false;
  }
})();
