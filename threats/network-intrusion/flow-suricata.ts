/** Flow events of Suricata's EVE log (https://docs.suricata.io/en/latest/output/eve/eve-json-format.html) as flows. */
import type { Cell, RowSample } from '../record.ts';
import { type Flow, measured, word } from './flow.ts';

/** Suricata counts whole frames. */
const ETHERNET_HEADER = 14;
const FIN = 0x01;
const RESET = 0x04;
const UNRECOGNISED = new Set(['failed', 'unknown']);

export function flowOfSuricata({ fields, context }: RowSample): Flow {
  const protocol = word(fields.proto);
  const service = word(fields.app_proto);
  const sourcePackets = measured(fields['flow.pkts_toserver']);
  const destinationPackets = measured(fields['flow.pkts_toclient']);
  return {
    protocol: protocol === 'ipv6-icmp' ? 'icmp' : protocol,
    service: service === null || UNRECOGNISED.has(service) ? null : service,
    port: measured(fields.dest_port),
    // `flow.age` is in whole seconds. Of the two times no more than their difference is looked at.
    seconds: between(context['flow.start'], context['flow.end']) ?? measured(fields['flow.age']),
    end: endOf(fields['tcp.tcp_flags']),
    sourceBytes: withoutFrames(measured(fields['flow.bytes_toserver']), sourcePackets),
    destinationBytes: withoutFrames(measured(fields['flow.bytes_toclient']), destinationPackets),
    sourcePackets,
    destinationPackets,
  };
}

function withoutFrames(bytes: number | null, packets: number | null): number | null {
  return bytes === null || packets === null ? null : Math.max(0, bytes - ETHERNET_HEADER * packets);
}

/** All flags of both sides, in hexadecimal. */
function endOf(cell: Cell | undefined): Flow['end'] {
  const flags = typeof cell === 'string' ? Number.parseInt(cell, 16) : Number.NaN;
  if (Number.isNaN(flags)) return null;
  if ((flags & FIN) > 0) return 'fin';
  return (flags & RESET) > 0 ? 'reset' : 'none';
}

function between(start: Cell | undefined, end: Cell | undefined): number | null {
  const [from, to] = [start, end].map(microseconds);
  return from == null || to == null ? null : measured((to - from) / 1e6);
}

/** `2024-03-01T09:59:00.000001+0000`; `Date.parse` stops at milliseconds. */
function microseconds(cell: Cell | undefined): number | null {
  const parts = typeof cell === 'string' ? /^([^.]+)\.(\d{6})(.*)$/.exec(cell) : null;
  if (parts === null) return null;
  const [, time, fraction, zone] = parts;
  const whole = Date.parse(`${time}${zone}`);
  return Number.isNaN(whole) ? null : whole * 1000 + Number(fraction);
}
