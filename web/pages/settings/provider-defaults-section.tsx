import { Link } from 'wouter';
import { useProviders } from '../../api/queries.ts';

/** Waits, timeouts and rotate-on codes belong to each provider; here they are side by side. */
export function ProviderDefaultsSection() {
  const { data: providers } = useProviders();
  const shown = (providers ?? []).filter(({ restorableUntil, shadowed }) => restorableUntil === null && !shadowed);
  if (shown.length === 0) return null;
  return (
    <div className="overflow-x-auto">
      <table aria-label="By provider" className="w-full text-left text-xs whitespace-nowrap">
        <thead className="text-faint">
          <tr className="border-b border-line">
            {['Provider', 'Wait for room', 'To connect', 'First byte', 'Between bytes', 'Other key on'].map((word) => (
              <th key={word} scope="col" className="py-1.5 pr-4 font-normal">
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ id, name, settings }) => (
            <tr key={id} className="border-b border-line last:border-b-0">
              <th scope="row" className="py-1.5 pr-4 font-medium">
                <Link
                  href={`/providers/${name}?tab=settings`}
                  className="rounded-sm text-sm hover:underline hover:underline-offset-2"
                >
                  {name}
                </Link>
              </th>
              <td className="pr-4">{settings.maxWait}</td>
              <td className="pr-4">{settings.timeouts.connect}</td>
              <td className="pr-4">{settings.timeouts.firstByte}</td>
              <td className="pr-4">{settings.timeouts.idle}</td>
              <td className="pr-4">{['429', ...settings.rotateOn].join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
