namespace NetSniff.Sensor.Capture.Crew;

/// <summary>Where one shard of a crew writes: with the chunk it is at, until that is delivered.</summary>
/// <remarks>Whose turn it is is delivered at once. Who comes before it leaves a copy with the chunk, and waits for his
/// turn when he has more to say than that keeps.</remarks>
public sealed class ShareStream : Stream
{
    private readonly ChunkTurns _turns;
    private readonly int _shard;

    internal ShareStream(ChunkTurns turns, int shard) => (_turns, _shard) = (turns, shard);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whole records or lines: what follows may be another shard's.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_turns.TryWrite(_shard, buffer)) return;
        if (!_turns.Current(_shard).TryKeep(_shard, buffer)) _turns.Write(_shard, buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Its turn will come.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
