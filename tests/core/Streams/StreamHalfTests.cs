using NetSniff.Buffers;
using NetSniff.Streams;

namespace NetSniff.Tests.Streams;

public sealed class StreamHalfTests
{
    private readonly BufferPool _pool = new(1 << 20);
    private readonly StreamCounters _counters = new();
    private readonly StreamLimits _limits = new();

    [Fact]
    public void What_came_early_waits_in_order()
    {
        var half = Begin(100);
        Keep(half, 110, "klm");
        Keep(half, 105, "fgh");
        Assert.Equal(105u, half.PendingStart);
        Assert.Equal("", Take(half));
        half.Next = 105;
        Assert.Equal("fgh", Take(half));
        Assert.Equal("", Take(half));
        half.Next = 110;
        Assert.Equal("klm", Take(half));
        Assert.False(half.HasPending);
        Assert.Equal(0, _pool.BytesLent);
    }

    [Fact]
    public void The_first_to_come_wins_and_the_difference_is_counted()
    {
        var half = Begin(0);
        Keep(half, 10, "AAAA");
        Keep(half, 8, "bbbbbbbb");
        half.Next = 8;
        Assert.Equal("bbAAAAbb", Take(half) + Take(half) + Take(half));
        Assert.Equal(1, _counters.Overlaps);
        Assert.Equal(1, _counters.OverlapsConflicting);
    }

    [Fact]
    public void The_same_again_is_an_overlap_without_conflict()
    {
        var half = Begin(0);
        Keep(half, 10, "same");
        Keep(half, 10, "same");
        Keep(half, 11, "am");
        Assert.Equal(2, _counters.Overlaps);
        Assert.Equal(0, _counters.OverlapsConflicting);
        Assert.Equal(1, _counters.SegmentsPending);
    }

    [Fact]
    public void Sequence_numbers_wrap()
    {
        var half = Begin(0xFFFF_FFF0);
        Keep(half, 0xFFFF_FFFE, "abcd");
        Keep(half, 2, "ef");
        half.Next = 0xFFFF_FFFE;
        Assert.Equal("abcd", Take(half));
        Assert.Equal(2u, half.Next);
        Assert.Equal("ef", Take(half));
    }

    [Fact]
    public void What_was_passed_on_meanwhile_is_trimmed()
    {
        var half = Begin(0);
        Keep(half, 10, "abcd");
        Keep(half, 20, "x");
        half.Next = 12;
        Assert.Equal("cd", Take(half));
        half.Next = 30;
        Assert.Equal("", Take(half));
        Assert.False(half.HasPending);
        Assert.Equal(0, _pool.BytesLent);
    }

    [Fact]
    public void Limits_refuse_and_count()
    {
        var half = Begin(0);
        var few = _limits with { PendingSegmentsMax = 2 };
        Assert.True(half.TryKeep(10, "a"u8, 1, _pool, few, _counters));
        Assert.True(half.TryKeep(20, "b"u8, 1, _pool, few, _counters));
        Assert.False(half.TryKeep(30, "c"u8, 1, _pool, few, _counters));
        Assert.False(half.TryKeep(30, "cd"u8, 1, _pool, _limits with { PendingBytesMax = 3 }, _counters));
        Assert.False(half.TryKeep(30, "c"u8, 1, new BufferPool(0), _limits, _counters));
        Assert.Equal(3, _counters.PendingRefused);
        half.Reset(_pool);
        Assert.Equal(0, _pool.BytesLent);
        Assert.False(half.HasPending || half.IsStarted);
    }

    /// <summary>Against a model that keeps, for each byte, the first that was said of it.</summary>
    [Fact]
    public void Any_order_gives_the_bytes_of_whoever_was_first()
    {
        const int Size = 200;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var start = unchecked((uint)-random.Next(Size));
            var half = Begin(start);
            var model = new byte[Size];
            for (var count = 0; count < 40; count++)
            {
                var at = random.Next(1, Size - 20);
                var bytes = new byte[random.Next(1, 20)];
                bytes.AsSpan().Fill((byte)(count + 1));
                half.TryKeep(start + (uint)at, bytes, 1, _pool, _limits, _counters);
                for (var index = 0; index < bytes.Length; index++)
                {
                    if (model[at + index] == 0) model[at + index] = bytes[index];
                }
            }

            var seen = new byte[Size];
            while (half.HasPending)
            {
                half.Next = half.PendingStart;
                while (half.TryTakeNext(_pool, out var buffer, out var offset, out var length))
                {
                    buffer.AsSpan(offset, length).CopyTo(seen.AsSpan((int)(half.Next - start)));
                    half.Next += (uint)length;
                    _pool.Return(buffer);
                }
            }

            Assert.Equal(model, seen);
            Assert.Equal(0, _pool.BytesLent);
        }
    }

    private static StreamHalf Begin(uint next) => new() { Next = next, IsStarted = true };

    private void Keep(StreamHalf half, uint sequence, string text) =>
        Assert.True(half.TryKeep(sequence, System.Text.Encoding.ASCII.GetBytes(text), 1, _pool, _limits, _counters));

    private string Take(StreamHalf half)
    {
        if (!half.TryTakeNext(_pool, out var buffer, out var offset, out var length)) return "";

        var text = System.Text.Encoding.ASCII.GetString(buffer, offset, length);
        half.Next += (uint)length;
        _pool.Return(buffer);
        return text;
    }
}
