using NetSniff.Pipeline;
using NetSniff.Sensor.Capture.Crew;

namespace NetSniff.Tests.Capture.Crew;

/// <summary>What a chunk keeps has one bound, however many share it.</summary>
public sealed class FrameChunkTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(16), InlineData(FrameDealer.ShardsMax)]
    public void What_shards_write_of_a_chunk_has_one_bound(int shards)
    {
        using var chunk = new FrameChunk(shards, bytes: 4096) { Reader = 0 };
        var piece = new byte[10_000];
        for (var round = 0; round < 2; round++)
        {
            var kept = 0;
            for (var tries = 0; tries < 1_000; tries++)
            {
                if (chunk.TryKeep(tries % shards, piece)) kept += piece.Length;
            }

            // One shard alone may keep no more than its own bound.
            var bound = Math.Min(FrameChunk.OutputBytesMax, shards * ShareBytes.BytesMax);
            Assert.InRange(kept, bound - shards * piece.Length, bound);
            Assert.Equal(kept, chunk.Outputs.Sum(static output => output.Bytes.Length));

            for (var shard = 0; shard < shards; shard++) chunk.Clear(shard);
            Assert.Equal(0, chunk.Outputs.Sum(static output => output.Room));
        }
    }
}
