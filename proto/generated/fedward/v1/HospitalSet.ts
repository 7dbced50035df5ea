// Original file: fedward.proto


export interface HospitalSet {
  'ids'?: (string)[];
}

export interface HospitalSet__Output {
  'ids': (string)[];
}
