using NetSniff.Pipeline;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Sensor.Capture.Crew;

/// <summary>A piece of a file in memory: its frames by shard, and what the shards wrote of them.</summary>
internal sealed class FrameChunk : IDisposable
{
    public FrameChunk(int shards, int bytes)
    {
        Window = new SlidingWindow(bytes);
        Shares = [.. Enumerable.Range(0, shards).Select(static _ => new FrameShare())];
        Outputs = [.. Enumerable.Range(0, shards).Select(static _ => new ShareBytes())];
    }

    public SlidingWindow Window { get; }

    public FrameShare[] Shares { get; }

    public ShareBytes[] Outputs { get; }

    /// <summary>Number of the shard whose thread reads into it.</summary>
    public required int Reader { get; init; }

    /// <summary>Nothing is held back behind it.</summary>
    public bool IsFlushed { get; set; }

    public void Clear()
    {
        foreach (var share in Shares) share.Clear();
    }

    public void Dispose() => Window.Dispose();
}

/// <summary>What one shard wrote of one chunk. Keeps its room.</summary>
internal sealed class ShareBytes
{
    /// <summary>More waits for its turn.</summary>
    public const int BytesMax = 1 << 20;

    private const int BytesAtFirst = 64 << 10;

    private byte[] _bytes = [];
    private int _used;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _used);

    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        var wanted = _used + bytes.Length;
        if (wanted > BytesMax) return false;
        if (_bytes.Length < wanted)
        {
            Array.Resize(ref _bytes, Math.Min(BytesMax, Math.Max(Math.Max(BytesAtFirst, 2 * _bytes.Length), wanted)));
        }

        bytes.CopyTo(_bytes.AsSpan(_used));
        _used = wanted;
        return true;
    }

    public void Clear() => _used = 0;
}
