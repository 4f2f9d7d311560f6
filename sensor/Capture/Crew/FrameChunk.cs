using System.Buffers;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Sensor.Capture.Crew;

/// <summary>A piece of a file in memory: its frames by shard, and what the shards wrote of them.</summary>
internal sealed class FrameChunk : IDisposable
{
    /// <summary>What shards may write of a chunk, together, before it is delivered; more waits for its turn.</summary>
    public const int OutputBytesMax = 2 << 20;

    private int _outputBytes;

    public FrameChunk(int shards, int bytes)
    {
        Window = new SlidingWindow(bytes);
        Shares = [.. Enumerable.Range(0, shards).Select(_ => new FrameShare(shards))];
        Outputs = [.. Enumerable.Range(0, shards).Select(_ => new ShareBytes())];
    }

    public SlidingWindow Window { get; }

    public FrameShare[] Shares { get; }

    public ShareBytes[] Outputs { get; }

    /// <summary>Number of the shard whose thread reads into it.</summary>
    public required int Reader { get; init; }

    /// <summary>Nothing is held back behind it.</summary>
    public bool IsFlushed { get; set; }

    /// <summary>Keeps what a shard wrote, if there is room for it.</summary>
    public bool TryKeep(int shard, ReadOnlySpan<byte> bytes)
    {
        var wanted = Interlocked.Add(ref _outputBytes, bytes.Length);
        if (wanted <= OutputBytesMax && Outputs[shard].TryAdd(bytes)) return true;

        Interlocked.Add(ref _outputBytes, -bytes.Length);
        return false;
    }

    /// <summary>Room for others: what a shard wrote was delivered.</summary>
    public void Clear(int shard)
    {
        Interlocked.Add(ref _outputBytes, -Outputs[shard].Bytes.Length);
        Outputs[shard].Clear();
    }

    public void Clear()
    {
        foreach (var share in Shares) share.Clear();
    }

    public void Dispose() => Window.Dispose();
}

/// <summary>What one shard wrote of one chunk. Its room is everybody's again once that is delivered.</summary>
internal sealed class ShareBytes
{
    /// <summary>More waits for its turn.</summary>
    public const int BytesMax = 1 << 20;

    private byte[] _bytes = [];
    private int _used;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _used);

    /// <summary>Bytes of memory it holds, filled or not.</summary>
    public int Room => _bytes.Length;

    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        var wanted = _used + bytes.Length;
        if (wanted > BytesMax) return false;
        if (_bytes.Length < wanted)
        {
            var room = ArrayPool<byte>.Shared.Rent(Math.Min(BytesMax, Math.Max(wanted, 2 * _used)));
            Bytes.CopyTo(room);
            GiveBack();
            _bytes = room;
        }

        bytes.CopyTo(_bytes.AsSpan(_used));
        _used = wanted;
        return true;
    }

    public void Clear()
    {
        GiveBack();
        (_bytes, _used) = ([], 0);
    }

    private void GiveBack()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
    }
}
