using Google.Protobuf;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Wire.Control;

/// <summary>A worker's line to a sensor, without a network.</summary>
public sealed class SensorLinkTests : IDisposable
{
    private readonly SensorLinks _links = new();
    private readonly SensorLink _link;
    private readonly ITaskCall _call;

    public SensorLinkTests()
    {
        _link = _links.Open(new ControlHello { Sensor = "5e", Node = "n" })!;
        _call = _link.Start(new SensorTask { Id = "t", Cut = new CutPackets() })!;
    }

    public void Dispose()
    {
        _call.Dispose();
        _link.Dispose();
        _links.Dispose();
    }

    [Fact]
    public async Task Credit_follows_what_was_read_and_not_what_came()
    {
        Assert.Equal("task t, credit 8", Said());
        for (var number = 0; number < 8; number++) _link.Take(Chunk(1));
        Assert.Equal("", Said());
        for (var number = 0; number < 3; number++) Assert.Equal(1u, (await _call.ReadAsync(default))!.Chunk.Count);
        // The third is still being worked on.
        Assert.Equal("credit 1, credit 1", Said());
    }

    [Fact]
    public async Task Marks_crowd_out_no_packets_while_nobody_reads()
    {
        for (var number = 0; number < 1000; number++) _link.Take(Chunk(0));
        for (var number = 0; number < 8; number++) _link.Take(Chunk(1));
        _link.Take(new FromTasked { Ended = new TaskEnded { Task = "t", Reason = "all" } });
        var packets = 0u;
        FromTasked? word;
        while ((word = await _call.ReadAsync(default))?.WhatCase == FromTasked.WhatOneofCase.Chunk)
        {
            packets += word.Chunk.Count;
        }

        Assert.Equal((8u, "all"), (packets, word!.Ended.Reason));
        Assert.Null(await _call.ReadAsync(default));
    }

    [Fact]
    public async Task More_than_was_asked_for_ends_the_task()
    {
        for (var number = 0; number < 100; number++) _link.Take(Chunk(1));
        FromTasked? word;
        do word = await _call.ReadAsync(default);
        while (word!.WhatCase == FromTasked.WhatOneofCase.Chunk);
        Assert.Equal(
            (TaskOutcome.Failed, "sent more than it was asked for"), (word.Ended.Outcome, word.Ended.Reason));
        Assert.Contains("cancel", Said());
    }

    [Fact]
    public async Task A_line_that_is_lost_ends_its_tasks_behind_what_had_come()
    {
        _link.Take(Chunk(1));
        _links.Close(_link, TaskTree.WentAway);
        Assert.Equal(FromTasked.WhatOneofCase.Chunk, (await _call.ReadAsync(default))!.WhatCase);
        Assert.Equal(TaskTree.WentAway, (await _call.ReadAsync(default))!.Ended.Reason);
        Assert.Null(_link.Start(new SensorTask { Id = "u" }));
        Assert.Null(_links.Find("5e"));
    }

    [Fact]
    public void Another_line_of_the_same_sensor_takes_the_place_of_the_first()
    {
        var superseded = _link.Superseded;
        using var second = _links.Open(new ControlHello { Sensor = "5e", Node = "n" })!;
        Assert.True(superseded.WaitHandle.WaitOne(TimeSpan.FromSeconds(60)));
        _links.Close(_link, TaskTree.WentAway);
        Assert.Same(second, _links.Find("5e"));
    }

    private static FromTasked Chunk(uint count) => new()
    {
        Chunk = new PacketChunk { Task = "t", Count = count, Packets = ByteString.Empty },
    };

    private string Said()
    {
        List<string> words = [];
        while (_link.Words.TryRead(out var word))
        {
            words.Add(word.WhatCase switch
            {
                FromTasker.WhatOneofCase.Task => $"task {word.Task.Id}",
                FromTasker.WhatOneofCase.Credit => $"credit {word.Credit.Chunks}",
                _ => word.WhatCase.ToString().ToLowerInvariant(),
            });
        }

        return string.Join(", ", words);
    }
}
