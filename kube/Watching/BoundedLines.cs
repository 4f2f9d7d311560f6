using System.Buffers;
using System.IO.Pipelines;

namespace NetSniff.Kube.Watching;

/// <summary>Lines of a stream, one after the other.</summary>
internal sealed class BoundedLines(Stream stream, int lineMax) : IAsyncDisposable
{
    private readonly PipeReader _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
    private SequencePosition? _behindLine;

    /// <summary>The last line had no end, or too late a one. Nothing comes behind it.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The next line without its end, or null at the end. Valid until the next call.</summary>
    public async ValueTask<ReadOnlySequence<byte>?> NextAsync(CancellationToken cancel)
    {
        if (_behindLine is { } behind) _reader.AdvanceTo(behind);
        _behindLine = null;
        while (!IsCut)
        {
            var read = await _reader.ReadAsync(cancel).ConfigureAwait(false);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end);
                IsCut = line.Length > lineMax;
                _behindLine = read.Buffer.GetPosition(1, end);
                if (!IsCut) return line;
            }
            else
            {
                IsCut = read.Buffer.Length > lineMax || (read.IsCompleted && !read.Buffer.IsEmpty);
                _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted) return null;
            }
        }

        return null;
    }

    public ValueTask DisposeAsync() => _reader.CompleteAsync();
}
