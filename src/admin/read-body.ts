import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { RotatoError } from '../errors.ts';

/** For the whole of it: whoever has a slower line than this may not send the largest. */
const LONGEST_BODY_MS = 60_000;

/** Rejects with `body-too-large` as soon as it is, and with `bad-request` when it breaks off or takes too long. */
export function readBody(request: IncomingMessage, maxBytes: number, clock: Clock): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const give = (deliver: () => void) => {
      timer.cancel();
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      deliver();
    };
    const fail = (error: RotatoError) => give(() => reject(error));
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) fail(tooLarge(maxBytes));
    };
    const onEnd = () => give(() => resolve(Buffer.concat(chunks, size)));
    const onClose = () => fail(new RotatoError('bad-request', 'The body broke off before its end.'));
    const timer = clock.setTimer(LONGEST_BODY_MS, () =>
      fail(new RotatoError('bad-request', 'The body did not arrive in time.')),
    );
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

function tooLarge(maxBytes: number): RotatoError {
  const size = maxBytes >= 1024 * 1024 ? `${maxBytes / (1024 * 1024)} MB` : `${maxBytes / 1024} KB`;
  return new RotatoError('body-too-large', `The body is larger than ${size}, the most that is taken here.`);
}
