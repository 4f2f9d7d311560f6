using System.Runtime.ExceptionServices;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Sensor.Capture.Crew;

/// <summary>Shards that read a file together, a thread each.</summary>
/// <remarks>Nobody only reads: who comes to a chunk first reads the one behind it, deals its frames out, and then works
/// off his share like the others. So nobody waits as long as the others are not far behind, and whose share is light
/// reads more often. What comes out depends on the file and on the number of shards alone.</remarks>
public sealed class ShardCrew : IDisposable
{
    /// <summary>Bytes of a file that are dealt out at a time: few enough that what one has read is still in his cache,
    /// or near it, when the others come to it.</summary>
    public const int ChunkBytes = 512 << 10;

    /// <summary>Chunks besides one for each thread, that were read and not worked off by all.</summary>
    public const int ChunksBeside = 8;

    /// <summary>Flows that shards end at a time when the capture is over, together.</summary>
    private const int EndedFlowsMax = 8192;

    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(100);

    private readonly ChunkTurns _turns;
    private readonly FrameDealer _dealer;
    private readonly Shard[] _shards;
    private readonly CrewRecords[] _records;
    private readonly Frame[] _frames = new Frame[CapturePump.BatchFramesMax];

    /// <param name="options">Of every shard, but for its number.</param>
    public ShardCrew(int shards, ShardOptions options, CrewOutput output)
    {
        _dealer = new FrameDealer(shards, options);
        _turns = new ChunkTurns(shards, shards + ChunksBeside, ChunkBytes, output);
        _records =
            [.. Enumerable.Range(0, shards).Select(number => output.NewRecords(new ShareStream(_turns, number)))];
        _shards =
        [
            .. _records.Select((records, number) => new Shard(FrameDealer.OptionsOf(number, options), records)),
        ];
    }

    /// <summary>Called with all frames in the order of the file, batch by batch, by one thread at a time.</summary>
    public FramesFound? Found { get; init; }

    /// <summary>Called after each chunk that was read, by one thread at a time.</summary>
    public Action<PacketCapture>? Progressed { get; init; }

    /// <summary>Runs a capture to its end, or until it is stopped: what was read by then is worked off. Nothing of it
    /// is held back.</summary>
    /// <exception cref="CaptureException">The capture cannot be read on; what was read by then is worked off, and
    /// another capture may follow.</exception>
    public void Run(PcapFileCapture capture, CancellationToken stop)
    {
        CaptureException? refused = null;
        FrameShare[] shares = [];
        FramesTaken found = frames =>
        {
            Found?.Invoke(frames);
            _dealer.Deal(frames, shares);
            return !Array.Exists(shares, static share => share.IsFull);
        };
        _turns.Begin(readsAhead: !capture.MayPause);
        Go(
            chunk =>
            {
                if (stop.IsCancellationRequested) capture.Stop();
                shares = chunk.Shares;
                var end = ChunkEnd.Last;
                try
                {
                    end = capture.ReceiveChunk(chunk.Window, _frames, found, s_wait);
                }
                catch (CaptureException problem)
                {
                    // The capture's end, and not the crew's.
                    refused = problem;
                }

                chunk.IsFlushed = end != ChunkEnd.Full;
                if (end == ChunkEnd.Last) _dealer.TellAll(shares);
                Progressed?.Invoke(capture);
                return end == ChunkEnd.Last;
            },
            static (shard, share, _) => share.RunOn(shard));
        if (refused is not null) ExceptionDispatchInfo.Throw(refused);
    }

    /// <summary>The last capture is over: whatever is open is emitted and delivered.</summary>
    public void Finish()
    {
        _turns.Begin(readsAhead: false);
        Go(
            chunk =>
            {
                _dealer.Finish(chunk.Shares);
                return chunk.IsFlushed = true;
            },
            static (shard, share, _) => share.RunOn(shard));

        var flowsMax = EndedFlowsMax / _shards.Length;
        var (step, steps) = (0, _shards.Max(static shard => shard.FlowsLive) / flowsMax + 1);
        _turns.Begin(readsAhead: true);
        Go(
            chunk => chunk.IsFlushed = ++step == steps,
            (shard, _, isLast) => shard.TryFinish(isLast ? int.MaxValue : flowsMax));
    }

    public IEnumerable<LedgerLine> Ledger() =>
        [.. _shards.SelectMany(static shard => shard.Ledger()), .. _dealer.Ledger()];

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
        _turns.Dispose();
    }

    /// <summary>Works until there is no more: the thread that calls is the first shard's.</summary>
    /// <param name="read">Fills a chunk; tells whether it is the last.</param>
    private void Go(Func<FrameChunk, bool> read, ShareWork work)
    {
        var threads = new List<Thread>(_shards.Length - 1);
        try
        {
            for (var index = 1; index < _shards.Length; index++)
            {
                var number = index;
                var thread = new Thread(() => Go(number, read, work)) { Name = $"shard {number}" };
                thread.Start();
                threads.Add(thread);
            }
        }
        catch (Exception problem)
        {
            // Too many threads, or no memory for one more: those that were started end, and are waited for.
            _turns.Fail(problem);
        }

        Go(0, read, work);
        foreach (var thread in threads) thread.Join();
        _turns.ThrowIfFailed();
    }

    private void Go(int number, Func<FrameChunk, bool> read, ShareWork work)
    {
        try
        {
            while (_turns.Next(number) is { } turn)
            {
                if (turn.DoesRead) _turns.EndReading(turn.Chunk, read(turn.Chunk));
                else Work(number, turn.Chunk, work);
            }
        }
        catch (Exception problem)
        {
            // Whatever it is ends all, and is thrown where they were sent from.
            _turns.Fail(problem);
        }
    }

    private void Work(int number, FrameChunk chunk, ShareWork work)
    {
        var (shard, records) = (_shards[number], _records[number]);
        work(shard, chunk.Shares[number], chunk.IsFlushed);
        shard.Records.Flush();
        if (chunk.IsFlushed) records.Flush();
        else records.EndChunk();
        _turns.Finish(number);
    }

    private delegate void ShareWork(Shard shard, FrameShare share, bool isFlushed);
}
