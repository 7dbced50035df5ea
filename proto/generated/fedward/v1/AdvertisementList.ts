// Original file: fedward.proto

import type { Advertisement as _fedward_v1_Advertisement, Advertisement__Output as _fedward_v1_Advertisement__Output } from '../../fedward/v1/Advertisement.ts';

export interface AdvertisementList {
  'entries'?: (_fedward_v1_Advertisement)[];
}

export interface AdvertisementList__Output {
  'entries': (_fedward_v1_Advertisement__Output)[];
}
