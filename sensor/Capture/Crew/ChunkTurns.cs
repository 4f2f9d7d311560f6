using System.Runtime.ExceptionServices;

namespace NetSniff.Sensor.Capture.Crew;

/// <summary>What a thread of a crew is to do next: read into a chunk, or work off its share of one.</summary>
internal readonly record struct ChunkTurn(FrameChunk Chunk, bool DoesRead);

/// <summary>Whose turn it is, in a crew: to read, to work, to be delivered.</summary>
/// <remarks>
/// <para>Chunks have numbers and lie in a ring. Shards take them in order, so who finishes a chunk last has a chunk
/// before him that is delivered and one behind him that nobody can finish before he does: he delivers it, and needs no
/// lock for that.</para>
/// <para>A chunk is always read into by the same thread, in whose cache its memory is.</para>
/// <para>Nobody waits for something that waits for him: who waits to work waits for the reader, who waits for nobody;
/// who waits to read waits for shards at earlier chunks; who waits to be delivered waits for earlier chunks and for
/// shards before him at the same.</para>
/// </remarks>
internal sealed class ChunkTurns : IDisposable
{
    /// <summary>Chunks read beyond the one that the reader is at.</summary>
    private const int AheadMax = 3;

    private readonly object _gate = new();
    private readonly CrewOutput _output;

    /// <summary>Chunks that were read, by their numbers.</summary>
    private readonly FrameChunk[] _chunks;

    private readonly FrameChunk[] _all;

    /// <summary>Those that each thread may read into.</summary>
    private readonly Stack<FrameChunk>[] _free;

    /// <summary>Chunks each shard has worked off. Its own thread reads its own without the gate.</summary>
    private readonly long[] _finished;
    private long _read;
    private long _delivered;
    private bool _isReading;
    private bool _readsAhead;
    private bool _hasEnded;
    private ExceptionDispatchInfo? _failure;

    /// <param name="chunks">In all; at least one for each thread.</param>
    public ChunkTurns(int shards, int chunks, int chunkBytes, CrewOutput output)
    {
        _output = output;
        _finished = new long[shards];
        _all =
        [
            .. Enumerable.Range(0, chunks)
                .Select(place => new FrameChunk(shards, chunkBytes) { Reader = place % shards }),
        ];
        _chunks = new FrameChunk[_all.Length];
        _free = [.. _finished.Select((_, shard) => new Stack<FrameChunk>(_all.Where(chunk => chunk.Reader == shard)))];
    }

    /// <summary>There is something to read again.</summary>
    /// <param name="readsAhead">Whether reading is quick, so that work may wait for it.</param>
    public void Begin(bool readsAhead) => (_readsAhead, _hasEnded) = (readsAhead, false);

    /// <summary>Waits for something to do; null at the end.</summary>
    public ChunkTurn? Next(int shard)
    {
        lock (_gate)
        {
            while (_failure is null)
            {
                var number = _finished[shard];
                var isThere = number < _read;

                // Who is first at a chunk reads the one behind it, so that nobody comes to nothing.
                var wantsMore = !isThere || (_readsAhead && _read - number <= AheadMax);
                if (wantsMore && !_hasEnded && !_isReading && _free[shard].TryPop(out var chunk))
                {
                    _isReading = true;
                    chunk.Clear();
                    return new ChunkTurn(chunk, DoesRead: true);
                }

                if (isThere) return new ChunkTurn(ChunkOf(number), DoesRead: false);
                if (_hasEnded) return null;

                Monitor.Wait(_gate);
            }

            return null;
        }
    }

    /// <summary>The chunk a shard is at.</summary>
    public FrameChunk Current(int shard) => ChunkOf(_finished[shard]);

    /// <summary>A chunk was read.</summary>
    public void EndReading(FrameChunk chunk, bool isLast)
    {
        lock (_gate)
        {
            _chunks[_read++ % _chunks.Length] = chunk;
            (_isReading, _hasEnded) = (false, isLast);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A shard has worked off its share; the last one delivers the chunk.</summary>
    public void Finish(int shard)
    {
        var number = _finished[shard];
        lock (_gate)
        {
            _finished[shard]++;
            Monitor.PulseAll(_gate);
            foreach (var finished in _finished)
            {
                if (finished <= number) return;
            }
        }

        var chunk = ChunkOf(number);
        Deliver(chunk, _finished.Length);
        _output.EndChunk();
        lock (_gate)
        {
            _delivered++;
            _free[chunk.Reader].Push(chunk);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Delivers what a shard wrote if everything before it is delivered, or ready to be.</summary>
    public bool TryWrite(int shard, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (!IsFirst(shard)) return false;
        }

        Deliver(Current(shard), shard + 1);
        _output.Deliver(bytes);
        return true;
    }

    /// <summary>Delivers what a shard has no room to keep, once everything before it is delivered.</summary>
    /// <exception cref="OperationCanceledException">Another shard has failed.</exception>
    public void Write(int shard, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (!IsFirst(shard))
            {
                if (_failure is not null) throw new OperationCanceledException("another shard has failed");

                Monitor.Wait(_gate);
            }
        }

        Deliver(Current(shard), shard + 1);
        _output.Deliver(bytes);
    }

    /// <summary>All end as soon as they can; the first reason stands.</summary>
    public void Fail(Exception problem)
    {
        lock (_gate)
        {
            _failure ??= ExceptionDispatchInfo.Capture(problem);
            Monitor.PulseAll(_gate);
        }
    }

    public void ThrowIfFailed() => _failure?.Throw();

    public void Dispose()
    {
        foreach (var chunk in _all) chunk.Dispose();
    }

    private FrameChunk ChunkOf(long number) => _chunks[number % _chunks.Length];

    /// <summary>Whether all before a shard is delivered or ready to be.</summary>
    private bool IsFirst(int shard)
    {
        var number = _finished[shard];
        if (_delivered < number) return false;

        foreach (var finished in _finished.AsSpan(0, shard))
        {
            if (finished <= number) return false;
        }

        return true;
    }

    private void Deliver(FrameChunk chunk, int shards)
    {
        for (var shard = 0; shard < shards; shard++)
        {
            var bytes = chunk.Outputs[shard].Bytes;
            if (bytes.IsEmpty) continue;

            _output.Deliver(bytes);
            chunk.Clear(shard);
        }
    }
}
