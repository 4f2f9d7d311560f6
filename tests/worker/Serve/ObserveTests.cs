using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;

namespace NetSniff.Tests.Worker.Serve;

public sealed class ObserveTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("all", "", 0, 0, 0, 0, "0 1 2 3 4 5 6 7")]
    [InlineData("the first", "", 0, 0, 3, 0, "0 1 2")]
    [InlineData("the last", "", 0, 0, 0, 3, "5 6 7")]
    [InlineData("from a time on, to before a time", "", 2, 5, 0, 0, "2 3 4")]
    [InlineData("by a filter", "flow.id in (1, 6)", 0, 0, 0, 0, "1 6")]
    [InlineData("none", "http.status == 500", 0, 0, 0, 0, "")]
    public async Task The_past_is_told_in_order(
        string about, string where, int since, int until, uint first, uint last, string expected)
    {
        Assert.NotEmpty(about);
        await using var worker = await TestWorker.StartAsync();
        worker.Add(4, 4);
        worker.Add(0, 4);
        var answers = await AskAsync(worker, new ObserveRequest
        {
            Where = where, First = first, Last = last,
            SinceNanos = since == 0 ? 0 : TestWorker.Nine + since * 1000L,
            UntilNanos = until == 0 ? 0 : TestWorker.Nine + until * 1000L,
        });
        Assert.Equal(expected, Told(answers));
        Assert.Equal(1u, answers[^1].Completeness.Workers);
        Assert.False(answers[^1].Completeness.IsCut);
    }

    [Fact]
    public async Task Only_the_fields_that_are_wanted_travel()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 1);
        var answers = await AskAsync(worker, new ObserveRequest { Fields = { "http.status", "src.ip" } });
        var decoder = new NetSniff.Wire.Batches.BatchDecoder();
        Assert.True(decoder.TryRead(answers[0].Batch.Span));
        Assert.Equal(["http http.status=200"], TestWorker.LinesOf(decoder));
    }

    [Fact]
    public async Task An_answer_that_a_limit_cut_says_so()
    {
        await using var worker = await TestWorker.StartAsync(limits: new ServeLimits { RecordsMax = 5 });
        worker.Add(0, 8);
        var answers = await AskAsync(worker, new ObserveRequest());
        Assert.Equal("0 1 2 3 4", Told(answers));
        Assert.True(answers[^1].Completeness.IsCut);
    }

    [Theory]
    [InlineData("http.statu == 1", "", "http.status")]
    [InlineData("http.status ==", "", "where:")]
    [InlineData("", "htp", "http")]
    public async Task What_cannot_be_asked_is_refused_in_words(string where, string kind, string said)
    {
        await using var worker = await TestWorker.StartAsync();
        var request = new ObserveRequest { Where = where };
        if (kind.Length > 0) request.Kinds.Add(kind);
        var problem = await Assert.ThrowsAsync<RpcException>(() => AskAsync(worker, request));
        Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
        Assert.Contains(said, problem.Status.Detail);
    }

    /// <summary>Batches are stored and published before, while and after the past is read; each must come once.
    /// </summary>
    [Fact]
    public async Task Between_the_past_and_what_comes_nothing_is_missing_or_twice()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 100);
        // Committed but not told to followers yet: in the store already when the past is read.
        var late = worker.AddUnpublished(100, 100);
        var isFirst = true;
        worker.Store.Reading = number =>
        {
            if (!isFirst) return;

            isFirst = false;
            late();
            worker.Add(200, 100);
        };
        using var call = worker.Client().Observe(
            new ObserveRequest { Follow = true, SinceNanos = TestWorker.Nine }, deadline: Deadline());
        List<int> numbers = [];
        while (numbers.Count < 400 && await call.ResponseStream.MoveNext(default))
        {
            var answer = call.ResponseStream.Current;
            Assert.Equal(0ul, answer.Missed);
            if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch) numbers.AddRange(TestWorker.Numbers(answer));
            else worker.Add(300, 100);
        }

        Assert.Equal(Enumerable.Range(0, 400), numbers);
    }

    [Fact]
    public async Task Who_only_follows_begins_now()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 10);
        using var call = worker.Client().Observe(
            new ObserveRequest { Follow = true, Where = "flow.id >= 12" }, deadline: Deadline());
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(ObserveAnswer.WhatOneofCase.Completeness, call.ResponseStream.Current.WhatCase);
        worker.Add(10, 5);
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal([12, 13, 14], TestWorker.Numbers(call.ResponseStream.Current));
    }

    private static DateTime Deadline() => DateTime.UtcNow + s_patience;

    private static async Task<List<ObserveAnswer>> AskAsync(TestWorker worker, ObserveRequest request)
    {
        using var call = worker.Client().Observe(request, deadline: Deadline());
        List<ObserveAnswer> answers = [];
        while (await call.ResponseStream.MoveNext(default)) answers.Add(call.ResponseStream.Current);
        return answers;
    }

    private static string Told(List<ObserveAnswer> answers) => string.Join(' ', answers
        .Where(answer => answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch).SelectMany(TestWorker.Numbers));
}
