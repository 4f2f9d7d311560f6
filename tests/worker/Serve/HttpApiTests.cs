using System.Net;
using System.Text.Json;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Serve;

public sealed class HttpApiTests
{
    [Fact]
    public async Task Records_are_lines_and_the_last_says_how_complete_they_are()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 30);
        using var http = worker.Http();
        var lines = Lines(await http.GetStringAsync(
            "/api/v1/records?kind=http&where=flow.id%20%3E%3D%2010&first=3&fields=http.status"));
        Assert.Equal(4, lines.Length);
        Assert.Equal([10, 11, 12], lines[..3].Select(line => line.GetProperty("flow.id").GetInt32()));
        Assert.Equal(200, lines[0].GetProperty("http.status").GetInt32());
        Assert.False(lines[0].TryGetProperty("http.method", out _));
        Assert.Equal(1, lines[3].GetProperty("completeness").GetProperty("workers").GetInt32());
    }

    [Fact]
    public async Task Who_follows_gets_events()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 2);
        using var http = worker.Http();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/records?follow&last=1");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("event: record", await reader.ReadLineAsync());
        Assert.Contains("\"flow.id\":1,", await reader.ReadLineAsync());
        Assert.Equal("", await reader.ReadLineAsync());
        Assert.Equal("event: completeness", await reader.ReadLineAsync());
        await reader.ReadLineAsync();
        await reader.ReadLineAsync();
        worker.Add(2, 1);
        Assert.Equal("event: record", await reader.ReadLineAsync());
        Assert.Contains("\"flow.id\":2,", await reader.ReadLineAsync());
    }

    [Theory]
    [InlineData("/api/v1/records?wher=1", HttpStatusCode.BadRequest, "no parameter 'wher'")]
    [InlineData("/api/v1/records?where=http.statu%20==%201", HttpStatusCode.BadRequest, "http.status")]
    [InlineData("/api/v1/records?since=yesterday", HttpStatusCode.BadRequest, "since is a time")]
    [InlineData("/api/v1/records?first=-1", HttpStatusCode.BadRequest, "first is a whole number")]
    [InlineData("/api/v1/aggregate?kind=http&measure=avg(http.status)", HttpStatusCode.BadRequest, "no measure")]
    [InlineData("/api/v1/aggregate?kind=http&measure=sum(http.method)", HttpStatusCode.BadRequest, "no number")]
    [InlineData("/api/v1/sql?q=", HttpStatusCode.BadRequest, "no SQL")]
    [InlineData("/api/v1/sql?q=DROP", HttpStatusCode.BadRequest, "no SQL here")]
    [InlineData("/api/v2/records", HttpStatusCode.NotFound, "/api/v1/records")]
    public async Task What_cannot_be_asked_is_a_problem(string path, HttpStatusCode status, string said)
    {
        await using var worker = await TestWorker.StartAsync();
        using var http = worker.Http();
        using var answer = await http.GetAsync(path);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Contains(said, problem.GetProperty("detail").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Rows_of_SQL_are_lines_with_the_names_of_their_columns()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Store.Queries = query => new SqlResult(
            [("a\"b", "INTEGER"), ("a\"b", "VARCHAR")], [["1", "\"x\""], ["null", "[1,2]"]], query.RowsMax == 2);
        using var http = worker.Http();
        using var content = new StringContent("SELECT 1, 'x'");
        using var answer = await http.PostAsync("/api/v1/sql?rows=2", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("{\"a\\\"b\":1,\"a\\\"b_2\":\"x\"}\n{\"a\\\"b\":null,\"a\\\"b_2\":[1,2]}\n", text);
        Assert.True(Lines(text)[^1].GetProperty("completeness").GetProperty("is_cut").GetBoolean());
    }

    [Fact]
    public async Task Aggregates_and_status_are_documents()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Lines.Add(new("log", "disk full", 5, IsLoss: true));
        worker.SensorStates.Add(new() { Sensor = "5e", Node = "node-1", Worker = "w1", IsConnected = true });
        worker.Add(0, 1);
        worker.Store.Aggregates = _ => [new AggregateRow(["GET"], 0, 0, [3, 0.25, double.NaN])];
        using var http = worker.Http();
        const string Question =
            "/api/v1/aggregate?kind=http&by=http.method&measure=count,p50(http.latency),max(http.latency)";
        var aggregate = JsonDocument.Parse(await http.GetStringAsync(Question)).RootElement;
        Assert.Equal(
            """{"http.method":"GET","count":3,"p50(http.latency)":0.25,"max(http.latency)":null}""",
            aggregate.GetProperty("rows")[0].GetRawText());
        var status = JsonDocument.Parse(await http.GetStringAsync("/api/v1/status")).RootElement;
        Assert.Equal("w1", status.GetProperty("workers")[0].GetProperty("name").GetString());
        Assert.Equal("2026-01-31T09:00:00.000000000Z",
            status.GetProperty("workers")[0].GetProperty("kinds")[0].GetProperty("newest").GetString());
        Assert.Equal("node-1", status.GetProperty("sensors")[0].GetProperty("node").GetString());
        Assert.Equal(5, status.GetProperty("completeness").GetProperty("losses")[0].GetProperty("count").GetInt32());
    }

    private static JsonElement[] Lines(string text) =>
    [
        .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement),
    ];
}
