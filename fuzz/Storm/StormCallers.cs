using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Grpc.Core;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;

namespace NetSniff.Fuzz.Storm;

/// <summary>Those who ask too much, too oddly, or do not listen.</summary>
internal sealed class StormCallers(StormWorker worker, int seed)
{
    /// <summary>What an attacker would send to a database.</summary>
    private static readonly string[] s_bombs =
    [
        "SELECT count(*) FROM range(100000000) a, range(100000000) b",
        "SELECT repeat('x', 1000000000)",
        "SELECT string_agg(a::VARCHAR, ',') FROM range(1000000000) t(a)",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "SELECT * FROM read_csv('/etc/passwd')", "COPY flow TO '/tmp/stolen.csv'", "ATTACH '/tmp/other.db'",
        "SET memory_limit = '1TB'", "INSTALL httpfs", "SELECT * FROM flow a, flow b, flow c ORDER BY random()",
        "DROP TABLE flow", "SELECT " + new string('(', 5000) + "1" + new string(')', 5000),
    ];

    private static readonly string[] s_filters =
    [
        "", "http.status >= 400", "dns.qname like '*.shop'", "malformed", "port == 80 or port == 443",
        "src.ip in 10.0.0.0/8", "exists http.uri", "kind == flow",
    ];

    private long _told;
    private long _missed;
    private long _asked;

    public long Told => Interlocked.Read(ref _told);

    public long Missed => Interlocked.Read(ref _missed);

    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>Ends of calls, by what was said.</summary>
    public ConcurrentDictionary<string, int> Ends { get; } = new();

    /// <summary>Follows, and takes an answer only so often.</summary>
    public async Task FollowAsync(Query.QueryClient client, int number, TimeSpan pause, CancellationToken stop)
    {
        var decoder = new BatchDecoder();
        try
        {
            var request = new ObserveRequest { Follow = true, Where = s_filters[number % s_filters.Length] };
            using var call = client.Observe(request, cancellationToken: stop);
            while (await call.ResponseStream.MoveNext(stop))
            {
                var answer = call.ResponseStream.Current;
                Interlocked.Add(ref _missed, (long)answer.Missed);
                if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch && decoder.TryRead(answer.Batch.Span))
                {
                    Interlocked.Add(ref _told, decoder.Count);
                }

                if (pause > TimeSpan.Zero) await Task.Delay(pause, stop);
            }
        }
        catch (Exception problem) when (problem is RpcException or OperationCanceledException)
        {
            Count("follow", problem, stop);
        }
    }

    /// <summary>Follows and never reads on.</summary>
    public async Task IgnoreAsync(Query.QueryClient client, CancellationToken stop)
    {
        try
        {
            using var call = client.Observe(new ObserveRequest { Follow = true }, cancellationToken: stop);
            await call.ResponseHeadersAsync;
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (Exception problem) when (problem is RpcException or OperationCanceledException)
        {
            Count("ignore", problem, stop);
        }
    }

    public async Task BombAsync(Query.QueryClient client, CancellationToken stop)
    {
        for (var index = 0; !stop.IsCancellationRequested; index++)
        {
            try
            {
                using var call = client.Sql(
                    new SqlRequest { Sql = s_bombs[index % s_bombs.Length], TimeoutMs = 3000 }, cancellationToken: stop);
                while (await call.ResponseStream.MoveNext(stop)) { }

                Ends.AddOrUpdate("sql: answered", 1, static (_, count) => count + 1);
            }
            catch (RpcException problem)
            {
                Count("sql", problem, stop);
            }

            Interlocked.Increment(ref _asked);
        }
    }

    /// <summary>Octets of chance as requests, of gRPC and of HTTP.</summary>
    public async Task FuzzAsync(HttpClient http, CancellationToken stop)
    {
        var random = new Random(seed);
        string[] paths = ["records", "aggregate", "sql", "status", "none"];
        string[] names = ["where", "since", "until", "fields", "kind", "first", "last", "q", "by", "measure", "heat"];
        string[] methods = ["Observe", "Aggregate", "Sql", "Status", "None"];
        while (!stop.IsCancellationRequested)
        {
            var octets = new byte[random.Next(1000)];
            random.NextBytes(octets);
            using var request = new HttpRequestMessage
            {
                Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            if (random.Next(2) == 0)
            {
                var text = Uri.EscapeDataString(System.Text.Encoding.Latin1.GetString(octets));
                var path = $"/api/v1/{paths[random.Next(paths.Length)]}?{names[random.Next(names.Length)]}={text}";
                request.RequestUri = new Uri(path, UriKind.Relative);
            }
            else
            {
                request.RequestUri = new Uri(
                    "/netsniff.v1.Query/" + methods[random.Next(methods.Length)], UriKind.Relative);
                request.Method = HttpMethod.Post;
                request.Content = new ByteArrayContent([0, 0, 0, (byte)(octets.Length >> 8), (byte)octets.Length, .. octets]);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            }

            try
            {
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
                var status = answer.Headers.TryGetValues("grpc-status", out var codes) ? $" gRPC {codes.First()}" : "";
                Ends.AddOrUpdate($"fuzz: HTTP {(int)answer.StatusCode}{status}", 1, static (_, count) => count + 1);
            }
            catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException)
            {
                Count("fuzz", problem, stop);
            }

            Interlocked.Increment(ref _asked);
        }
    }

    /// <summary>What everybody else notices: how long an honest question takes.</summary>
    public async Task<List<double>> AskHonestlyAsync(Query.QueryClient client, CancellationToken stop)
    {
        List<double> millis = [];
        while (!stop.IsCancellationRequested)
        {
            var before = System.Diagnostics.Stopwatch.GetTimestamp();
            try
            {
                using var call = client.Observe(
                    new ObserveRequest { Last = 20, Kinds = { "http" } }, cancellationToken: CancellationToken.None);
                while (await call.ResponseStream.MoveNext(CancellationToken.None)) { }

                millis.Add(System.Diagnostics.Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
            catch (RpcException problem)
            {
                Count("honest", problem, CancellationToken.None);
            }

            await Task.WhenAny(Task.Delay(500, stop));
        }

        return millis;
    }

    public HttpClient Http()
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        };
        var http = new HttpClient(handler)
        {
            BaseAddress = new Uri("https://" + worker.Address),
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", worker.Token);
        return http;
    }

    private void Count(string who, Exception problem, CancellationToken stop)
    {
        if (stop.IsCancellationRequested) return;

        var what = problem is RpcException rpc ? rpc.StatusCode.ToString() : problem.GetType().Name;
        Ends.AddOrUpdate($"{who}: {what}", 1, static (_, count) => count + 1);
    }
}
