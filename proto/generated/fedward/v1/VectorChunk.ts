// Original file: fedward.proto


export interface VectorChunk {
  'offset'?: (number);
  'total'?: (number);
  'words'?: (Buffer | Uint8Array | string);
}

export interface VectorChunk__Output {
  'offset': (number);
  'total': (number);
  'words': (Buffer);
}
