// Original file: fedward.proto


export interface RosterEntry {
  'id'?: (string);
  'identityKey'?: (Buffer | Uint8Array | string);
}

export interface RosterEntry__Output {
  'id': (string);
  'identityKey': (Buffer);
}
