// Original file: fedward.proto


export interface PrivacyPlan {
  'mode'?: (string);
  'unit'?: (string);
  'clip'?: (number | string);
  'noiseMultiplier'?: (number | string);
  'sampleRate'?: (number | string);
  'delta'?: (number | string);
  'epsilon'?: (number | string);
  '_epsilon'?: "epsilon";
}

export interface PrivacyPlan__Output {
  'mode': (string);
  'unit': (string);
  'clip': (number);
  'noiseMultiplier': (number);
  'sampleRate': (number);
  'delta': (number);
  'epsilon'?: (number);
  '_epsilon'?: "epsilon";
}
