// Original file: fedward.proto

export const ShareKind = {
  SHARE_KIND_UNSPECIFIED: 'SHARE_KIND_UNSPECIFIED',
  SHARE_KIND_SEED: 'SHARE_KIND_SEED',
  SHARE_KIND_KEY: 'SHARE_KIND_KEY',
} as const;

export type ShareKind =
  | 'SHARE_KIND_UNSPECIFIED'
  | 0
  | 'SHARE_KIND_SEED'
  | 1
  | 'SHARE_KIND_KEY'
  | 2

export type ShareKind__Output = typeof ShareKind[keyof typeof ShareKind]
