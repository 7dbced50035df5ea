/** Messages of the `Federation` service as the hex of their protobuf bytes, and back through the codec. */
import {
  decodeFromHospital,
  decodeToHospital,
  encodeFromHospital,
  encodeToHospital,
} from '../../proto/codec.ts';
import type { FromHospital, ToHospital } from '../../proto/messages.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { federationService } from '../../proto/wire.ts';

const { Session } = federationService().service;

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function fromHospitalToHex(message: FromHospital): string {
  return toHex(Session.requestSerialize(encodeFromHospital(message)));
}

/** @throws FedwardError as `decodeFromHospital`. */
export function fromHospitalOfHex(hex: string, from: HospitalId): FromHospital {
  return decodeFromHospital(Session.requestDeserialize(Buffer.from(hex, 'hex')), from);
}

export function toHospitalToHex(message: ToHospital): string {
  return toHex(Session.responseSerialize(encodeToHospital(message)));
}

/** @throws FedwardError as `decodeToHospital`. */
export function toHospitalOfHex(hex: string): ToHospital {
  return decodeToHospital(Session.responseDeserialize(Buffer.from(hex, 'hex')));
}
