using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetSniff.Worker.Store.ClickHouse;

[assembly: AssemblyFixture(typeof(NetSniff.Tests.Worker.Store.ClickHouse.SharedClickHouse))]

namespace NetSniff.Tests.Worker.Store.ClickHouse;

/// <summary>Ends the shared server when the last test is done: deleting what it has takes too long for the way out of a
/// process.</summary>
public sealed class SharedClickHouse : IDisposable
{
    public void Dispose() => ClickHouseServer.EndShared();
}

/// <summary>A clickhouse-server of the tests' own: on loopback, in a folder of its own, and gone with them.</summary>
internal sealed class ClickHouseServer : IDisposable
{
    public const string Absent = "there is no clickhouse-server on this machine (Debian: apt-get install "
        + "clickhouse-server; `make test` does so)";

    public const string Password = "a secret / of tests";

    private static readonly TimeSpan s_startMax = TimeSpan.FromSeconds(60);
    private static readonly Lazy<ClickHouseServer> s_shared = new(static () =>
    {
        var server = new ClickHouseServer();
        server.Start();
        return server;
    });

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort();
    private Process? _process;
    private int _server;

    /// <summary>One for all that do not kill it; made by the first.</summary>
    public static ClickHouseServer Shared
    {
        get
        {
            Assert.SkipWhen(Binary is null, Absent);
            return s_shared.Value;
        }
    }

    public static void EndShared()
    {
        if (s_shared.IsValueCreated) s_shared.Value.Dispose();
    }

    public static string? Binary { get; } = Array.Find(
        ["/usr/sbin/clickhouse-server", "/usr/bin/clickhouse-server", "/usr/local/bin/clickhouse-server"], File.Exists);

    /// <summary>A database for whoever has the folder, the same each time.</summary>
    public ClickHouseAddress AddressFor(string folder)
    {
        var name = new StringBuilder("t");
        foreach (var letter in folder) name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        var database = name.ToString();
        return Address(database.Length > 60 ? "t" + database[^59..] : database);
    }

    public ClickHouseAddress Address(string database) => ClickHouseAddress.Parse(
        $"clickhouse://default@127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}/{database}");

    public ClickHouseOptions Options(string folder, TimeProvider clock) => new()
    {
        Address = AddressFor(folder), Password = () => Password, Clock = clock,
    };

    /// <summary>Starts it, or starts it again over what it has.</summary>
    public void Start()
    {
        File.WriteAllText(_folder["config.xml"], Config());
        File.WriteAllText(_folder["users.xml"], Users);
        Directory.CreateDirectory(_folder["data"]);
        // The shell waits for the end of its input, which comes when this process ends, in whatever way.
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"{Binary} --config-file={_folder["config.xml"]} >{_folder["out"]} 2>&1 </dev/null & "
            + "echo $!; read line; kill -9 $!; wait $!");
        _process = Process.Start(start)!;
        _server = int.Parse(_process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        var since = Stopwatch.GetTimestamp();
        while (!Answers())
        {
            var isOver = Stopwatch.GetElapsedTime(since) > s_startMax || !Directory.Exists($"/proc/{_server}");
            if (isOver) throw new InvalidOperationException("clickhouse-server: " + Said());
            Thread.Sleep(50);
        }
    }

    /// <summary>As a crash: nothing is written to the end.</summary>
    public void Kill()
    {
        if (_process is not { } process) return;
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        _process = null;
    }

    /// <summary>`STOP` lets it stand still, with all that it was sent; `CONT` lets it go on.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", [$"-{name}", _server.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public string Ask(string sql)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, Address("x").Server);
        request.Content = new StringContent(sql);
        var secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"default:{Password}"));
        request.Headers.Add("Authorization", $"Basic {secret}");
        using var response = client.Send(request);
        return new StreamReader(response.Content.ReadAsStream()).ReadToEnd().TrimEnd('\n');
    }

    public void Dispose()
    {
        Kill();
        _folder.Dispose();
    }

    private bool Answers()
    {
        try
        {
            return Ask("SELECT 1") == "1";
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private string Said() => File.Exists(_folder["e.log"])
        ? File.ReadAllText(_folder["e.log"])
        : File.ReadAllText(_folder["out"]);

    /// <summary>Below those that the system gives to connections, which might take it before the server does.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Another's.
            }
        }
    }

    private string Config() =>
        $"""
        <yandex>
          <logger><level>warning</level><log>{_folder["s.log"]}</log><errorlog>{_folder["e.log"]}</errorlog></logger>
          <listen_host>127.0.0.1</listen_host>
          <http_port>{_port.ToString(CultureInfo.InvariantCulture)}</http_port>
          <path>{_folder["data"]}/</path>
          <tmp_path>{_folder["tmp"]}/</tmp_path>
          <users_config>users.xml</users_config>
          <default_profile>default</default_profile>
          <default_database>default</default_database>
          <mark_cache_size>67108864</mark_cache_size>
          <max_concurrent_queries>64</max_concurrent_queries>
        </yandex>
        """;

    private static string Users =>
        $"""
        <yandex>
          <profiles><default></default></profiles>
          <users><default>
            <password>{Password}</password>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
          </default></users>
          <quotas><default></default></quotas>
        </yandex>
        """;
}
