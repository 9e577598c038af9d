using Chorus.Common.Client;

namespace Chorus.Client.Load;

/// <summary>Sends one command of the key-value protocol over one connection.</summary>
/// <param name="write">Whether it goes through the log.</param>
/// <param name="command">Bytes of a KvCommand; unchanged until the task ends.</param>
internal delegate ValueTask<ClientResult> SendOperation(bool write, ReadOnlyMemory<byte> command);
