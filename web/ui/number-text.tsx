import { numberText, shortNumberText } from '../format/numbers.ts';

interface NumberTextProps {
  readonly value: number;
  /** Shown small beside the number: "requests", "s". */
  readonly unit?: string;
  /** 12.3k, with the whole number on hover. */
  readonly short?: boolean;
}

export function NumberText({ value, unit, short = false }: NumberTextProps) {
  return (
    <span className="whitespace-nowrap tabular-nums" title={short ? numberText(value) : undefined}>
      {short ? shortNumberText(value) : numberText(value)}
      {unit !== undefined && <span className="ml-1 text-[0.85em] text-faint">{unit}</span>}
    </span>
  );
}
