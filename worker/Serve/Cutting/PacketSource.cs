using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>The packets of one sensor, one after the other. One thread at a time.</summary>
internal sealed class PacketSource(SensorWay way, string task, ITaskCall call) : IDisposable
{
    private readonly PacketUnpacker _packets = new();
    private Task<FromTasked?>? _reading;

    public SensorWay Way => way;

    /// <summary>Of the task that was given to the sensor.</summary>
    public string TaskId => task;

    public ITaskCall Call => call;

    public PacketUnpacker Packets => _packets;

    /// <summary>Null until the sensor has begun.</summary>
    public KeptPackets? Kept { get; private set; }

    /// <summary>How it ended; null while it goes on.</summary>
    public TaskEnded? Ended { get; private set; }

    public bool HasPacket => _packets.HasPacket;

    /// <summary>No earlier packet comes from it: the time of the next one, or what it said.</summary>
    public long NotBeforeNanos => HasPacket ? _packets.TimeNanos
        : Ended is not null ? long.MaxValue : _packets.CompleteNanos;

    /// <summary>Ends when there is another word from the sensor; the same task until <see cref="Take"/>.</summary>
    public Task NextAsync(CancellationToken cancel) => _reading ??= call.ReadAsync(cancel);

    /// <summary>Takes in what <see cref="NextAsync"/> waited for, if it is there.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Take()
    {
        if (HasPacket || Ended is not null || _reading is not { IsCompleted: true } reading) return false;

        _reading = null;
        var word = reading.GetAwaiter().GetResult();
        switch (word?.WhatCase)
        {
            case FromTasked.WhatOneofCase.Began:
                Kept = word.Began.Kept;
                return true;
            case FromTasked.WhatOneofCase.Chunk:
                _packets.Add(word.Chunk);
                return true;
            case FromTasked.WhatOneofCase.Ended:
                Ended = word.Ended;
                return true;
            case null:
                Ended = new TaskEnded { Outcome = TaskOutcome.Failed, Reason = TaskTree.WentAway };
                return true;
            default:
                return true;
        }
    }

    /// <summary>It is waited for no longer.</summary>
    public void GiveUp(string why) =>
        Ended ??= new TaskEnded { Task = task, Outcome = TaskOutcome.Failed, Reason = why };

    public void Dispose() => call.Dispose();
}
