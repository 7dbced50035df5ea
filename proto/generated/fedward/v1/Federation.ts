// Original file: fedward.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FetchModelRequest as _fedward_v1_FetchModelRequest, FetchModelRequest__Output as _fedward_v1_FetchModelRequest__Output } from '../../fedward/v1/FetchModelRequest.ts';
import type { FromHospital as _fedward_v1_FromHospital, FromHospital__Output as _fedward_v1_FromHospital__Output } from '../../fedward/v1/FromHospital.ts';
import type { ModelChunk as _fedward_v1_ModelChunk, ModelChunk__Output as _fedward_v1_ModelChunk__Output } from '../../fedward/v1/ModelChunk.ts';
import type { ToHospital as _fedward_v1_ToHospital, ToHospital__Output as _fedward_v1_ToHospital__Output } from '../../fedward/v1/ToHospital.ts';

export interface FederationClient extends grpc.Client {
  FetchModel(argument: _fedward_v1_FetchModelRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedward_v1_ModelChunk__Output>;
  FetchModel(argument: _fedward_v1_FetchModelRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedward_v1_ModelChunk__Output>;
  fetchModel(argument: _fedward_v1_FetchModelRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedward_v1_ModelChunk__Output>;
  fetchModel(argument: _fedward_v1_FetchModelRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedward_v1_ModelChunk__Output>;
  
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedward_v1_FromHospital, _fedward_v1_ToHospital__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedward_v1_FromHospital, _fedward_v1_ToHospital__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedward_v1_FromHospital, _fedward_v1_ToHospital__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedward_v1_FromHospital, _fedward_v1_ToHospital__Output>;
  
}

export interface FederationHandlers extends grpc.UntypedServiceImplementation {
  FetchModel: grpc.handleServerStreamingCall<_fedward_v1_FetchModelRequest__Output, _fedward_v1_ModelChunk>;
  
  Session: grpc.handleBidiStreamingCall<_fedward_v1_FromHospital__Output, _fedward_v1_ToHospital>;
  
}

export interface FederationDefinition extends grpc.ServiceDefinition {
  FetchModel: MethodDefinition<_fedward_v1_FetchModelRequest, _fedward_v1_ModelChunk, _fedward_v1_FetchModelRequest__Output, _fedward_v1_ModelChunk__Output>
  Session: MethodDefinition<_fedward_v1_FromHospital, _fedward_v1_ToHospital, _fedward_v1_FromHospital__Output, _fedward_v1_ToHospital__Output>
}
