using NetSniff.Packets;

namespace NetSniff.Sensor.Capture.PcapFile;

/// <summary>How the reading of a chunk ended.</summary>
internal enum ChunkEnd : byte
{
    /// <summary>It is full, and there may be another.</summary>
    Full,

    /// <summary>The source has no more for the moment: what there is should be shown.</summary>
    Paused,

    /// <summary>There will be no other.</summary>
    Last,
}

/// <summary>Called with frames as they are found; they are lent for as long as the chunk is.</summary>
public delegate void FramesFound(ReadOnlySpan<Frame> frames);

/// <summary>The same, and tells whether there may be more of them in this chunk.</summary>
internal delegate bool FramesTaken(ReadOnlySpan<Frame> frames);

/// <content>Reading by chunks that each have memory of their own, for those who work on several at a time.</content>
public sealed unsafe partial class PcapFileCapture
{
    /// <summary>A pipe that brings little shows what it brought after so long.</summary>
    private const int PatienceMillis = 200;

    /// <summary>Whether the last chunk was closed before its window was looked through.</summary>
    private bool _isHalfRead;

    /// <summary>Whether there may be nothing to read for the moment: a pipe, a file that grows.</summary>
    internal bool MayPause => _isFollowed || _source.Size is null;

    /// <summary>Fills a window and takes out the frames that lie in it whole; what is left goes on in the next.
    /// </summary>
    /// <remarks>How a file is cut into chunks depends on nothing but its bytes. A chunk that its source had no more for
    /// is cut where the source paused.</remarks>
    /// <param name="window">One of which nothing is lent any more; it may be the last one again.</param>
    /// <param name="frames">Room for a batch.</param>
    /// <param name="wait">How long to wait at most when there is nothing.</param>
    internal ChunkEnd ReceiveChunk(SlidingWindow window, Span<Frame> frames, FramesTaken found, TimeSpan wait)
    {
        // What is left in the same window is moved when that is filled.
        if (window != _window) window.TakeOver(_window);
        _window = window;
        while (!_hasEnded && !Volatile.Read(ref _isStopped))
        {
            // Only a block longer than a chunk makes a second round, and then nothing is lent yet that could move.
            var filling = _isHalfRead ? ChunkEnd.Full : FillChunk(wait);
            var isEmpty = !FindFrames(frames, found);
            if (_isHalfRead) return ChunkEnd.Full;
            if (_reader.Problem is { } damage)
            {
                End(damage);
            }
            else if (filling == ChunkEnd.Last && !_hasEnded)
            {
                if (!_isFollowed) End(damage: null);
                else if (isEmpty && WaitForGrowth(wait) < 0) return ChunkEnd.Last;

                filling = ChunkEnd.Paused;
            }

            if (_hasEnded) break;
            if (!isEmpty || filling == ChunkEnd.Paused) return filling;
        }

        return ChunkEnd.Last;
    }

    private ChunkEnd FillChunk(TimeSpan wait)
    {
        var start = Environment.TickCount64;
        var (before, isFirst) = (_window.Length, true);
        while (isFirst || (_window.HasRoom && _window.Length - before < _window.ReadBytesMax))
        {
            if (!IsReady(wait)) return ChunkEnd.Paused;
            if (!TryFill(staysPut: !isFirst)) return ChunkEnd.Last;
            if (MayPause && Environment.TickCount64 - start >= PatienceMillis) return ChunkEnd.Paused;

            isFirst = false;
        }

        return ChunkEnd.Full;
    }

    private bool FindFrames(Span<Frame> frames, FramesTaken found)
    {
        var (any, wantsMore) = (false, true);
        int count;
        do
        {
            count = _reader.Read(_window.Start, _window.Length, frames, out var consumed);
            _window.Consume(consumed);
            any |= count > 0;
            if (count > 0) wantsMore = found(frames[..Accept(frames, count)]);
        }
        while (count > 0 && (wantsMore || _hasEnded));

        _isHalfRead = count > 0;
        NoteDrops();
        return any;
    }
}
