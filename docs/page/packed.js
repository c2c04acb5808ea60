/* Files that the build has compressed, since not every server does. */

/* Fetch and unpack one.
 *
 * url: of the file. heard: is told how many more bytes came. signal: of an AbortController. Returns Uint8Array. Throws an
 * Error that says why. */
export async function fetchPacked(url, heard = () => {}, signal = null) {
  let answer;
  try {
    answer = await fetch(url, {signal});
  } catch (error) {
    throw new Error(`${nameOf(url)} did not come. Is the network there?`, {cause: error});
  }
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new Error(`${nameOf(url)} did not come: the server answers ${answer.status}.`);
  }
  const counted = answer.body.pipeThrough(new TransformStream({
    transform(part, controller) {
      heard(part.length);
      controller.enqueue(part);
    }}));
  try {
    return new Uint8Array(await new Response(counted.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer());
  } catch (error) {
    throw new Error(`${nameOf(url)} did not come whole.`, {cause: error});
  }
}

function nameOf(url) {
  return new URL(url, location.href).pathname.split('/').pop();
}
