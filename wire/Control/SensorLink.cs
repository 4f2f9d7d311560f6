using System.Collections.Concurrent;
using System.Threading.Channels;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>A worker's line to one sensor.</summary>
public sealed class SensorLink : IDisposable
{
    /// <summary>Tasks of one sensor by one worker at one time.</summary>
    public const int CallsMax = 64;

    private readonly ConcurrentDictionary<string, Call> _calls = new(StringComparer.Ordinal);
    private readonly Channel<FromTasker> _words = Channel.CreateUnbounded<FromTasker>();
    private readonly CancellationTokenSource _superseded = new();
    private volatile bool _isOver;

    internal SensorLink(ControlHello hello) =>
        (Sensor, Node, Superseded) = (hello.Sensor, hello.Node, _superseded.Token);

    public string Sensor { get; }

    public string Node { get; }

    /// <summary>What is to be said. Bounded by itself: credit follows what came, and tasks are few.</summary>
    internal ChannelReader<FromTasker> Words => _words.Reader;

    internal CancellationToken Superseded { get; }

    /// <summary>Gives the sensor a task.</summary>
    /// <returns>Null when the line is gone, or carries too many already.</returns>
    public ITaskCall? Start(SensorTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var call = new Call(this, task.Id);
        if (_isOver || _calls.Count >= CallsMax || !_calls.TryAdd(task.Id, call)) return null;

        Say(new FromTasker { Task = task });
        Say(new FromTasker { Credit = new TaskCredit { Task = task.Id, Chunks = Call.ChunksAhead } });
        // Between the look and the adding the line may have gone.
        if (_isOver) call.Lose(TaskTree.WentAway);
        return call;
    }

    internal void Take(FromTasked word)
    {
        var id = word.WhatCase switch
        {
            FromTasked.WhatOneofCase.Began => word.Began.Task,
            FromTasked.WhatOneofCase.Chunk => word.Chunk.Task,
            FromTasked.WhatOneofCase.Ended => word.Ended.Task,
            _ => "",
        };
        if (!_calls.TryGetValue(id, out var call)) return; // given up here, and not yet there

        call.Take(word);
    }

    public void Dispose() => _superseded.Dispose();

    internal void Supersede()
    {
        try
        {
            // Elsewhere: whoever waits for it must not run under the lock of who calls.
            _ = _superseded.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself just now.
        }
    }

    internal void Lose(string why)
    {
        _isOver = true;
        _words.Writer.TryComplete();
        foreach (var call in _calls.Values) call.Lose(why);
    }

    private void Say(FromTasker word) => _words.Writer.TryWrite(word);

    private sealed class Call(SensorLink link, string id) : ITaskCall
    {
        /// <summary>Chunks that may be on their way or wait here.</summary>
        public const int ChunksAhead = 8;

        /// <summary>Marks that carry nothing need no credit: with so many words waiting they are left out, and each
        /// is made up for by the next.</summary>
        private const int MarkedMax = 2 * ChunksAhead;

        /// <summary>Room for the rest: chunks, the first word and the last.</summary>
        private const int WordsMax = MarkedMax + ChunksAhead + 4;

        private readonly Channel<FromTasked> _heard =
            Channel.CreateBounded<FromTasked>(new BoundedChannelOptions(WordsMax) { SingleReader = true });

        private string _lost = TaskTree.WentAway;
        private volatile bool _isLost;
        private uint _read;
        private bool _isEnded;

        public async Task<FromTasked?> ReadAsync(CancellationToken cancel)
        {
            if (_isEnded) return null;

            if (_read > 0)
            {
                link.Say(new FromTasker { Credit = new TaskCredit { Task = id, Chunks = _read } });
                _read = 0;
            }

            var hasWord = await _heard.Reader.WaitToReadAsync(cancel).ConfigureAwait(false);
            if (!hasWord || !_heard.Reader.TryRead(out var word))
            {
                _isEnded = true;
                return new FromTasked
                {
                    Ended = new TaskEnded { Task = id, Outcome = TaskOutcome.Failed, Reason = _lost },
                };
            }

            if (word.WhatCase == FromTasked.WhatOneofCase.Chunk && word.Chunk.Count > 0) _read++;
            _isEnded = word.WhatCase == FromTasked.WhatOneofCase.Ended;
            return word;
        }

        public void Add(IEnumerable<FlowKey> flows)
        {
            var word = new TaskFlows { Task = id };
            word.Flows.AddRange(flows);
            link.Say(new FromTasker { Flows = word });
        }

        public void Cancel(string reason) =>
            link.Say(new FromTasker { Cancel = new TaskCancel { Task = id, Reason = reason } });

        public void Take(FromTasked word)
        {
            if (_isLost) return; // it was told once
            var isMark = word is { WhatCase: FromTasked.WhatOneofCase.Chunk, Chunk.Count: 0 };
            if (isMark && _heard.Reader.Count >= MarkedMax) return;
            if (_heard.Writer.TryWrite(word)) return;

            Cancel("more was sent than was asked for");
            Lose("sent more than it was asked for");
        }

        public void Lose(string why)
        {
            _lost = why;
            _isLost = true;
            _heard.Writer.TryComplete();
        }

        public void Dispose()
        {
            if (!_isEnded) Cancel("no longer wanted");
            link._calls.TryRemove(id, out _);
        }
    }
}
