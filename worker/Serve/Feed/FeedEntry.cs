using Google.Protobuf;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Feed;

/// <summary>What of one block the followers of a group want.</summary>
/// <param name="Number">Counts the entries of a group.</param>
/// <param name="Before">Records of the group that came before these.</param>
/// <param name="Batch">As wire/Batches writes it.</param>
internal sealed record FeedEntry(
    long Number, LaneId Lane, ulong Sequence, long Before, int Count, ByteString Batch);
