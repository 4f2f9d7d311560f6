namespace NetSniff.Sensor.Capture.PcapFile;

/// <summary>A stream whose first bytes were already taken to see what it is; counts what it gives.</summary>
/// <param name="wait">Called before something is taken of the rest.</param>
internal sealed class CountedStream(byte[] head, Stream rest, Action? wait = null) : Stream
{
    private int _headTaken;
    private long _count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    /// <summary>Bytes given.</summary>
    public override long Position
    {
        get => Volatile.Read(ref _count);
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count;
        if (_headTaken < head.Length)
        {
            count = Math.Min(buffer.Length, head.Length - _headTaken);
            head.AsSpan(_headTaken, count).CopyTo(buffer);
            _headTaken += count;
        }
        else
        {
            wait?.Invoke();
            count = rest.Read(buffer);
        }

        Volatile.Write(ref _count, _count + count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) rest.Dispose();
        base.Dispose(disposing);
    }
}
