using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetSniff.Wire.Security;

namespace NetSniff.Tests.Wire.Security;

/// <summary>Who gets in and who is believed, with real handshakes on a loopback.</summary>
public class SecurityTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    [Fact]
    public async Task A_certificate_of_our_authority_gets_in()
    {
        using var folder = new TemporaryFolder();
        using var authority = Authority();
        authority.IssueTo(folder["worker"], "w-0");
        authority.IssueTo(folder["sensor"], "sensor");
        await using var server = await EchoServer.StartAsync(folder["worker"]);
        Assert.Equal("sensor", await server.AskAsync(folder["sensor"], "w-0"));
    }

    [Fact]
    public async Task Without_one_of_our_authority_nothing_is_answered()
    {
        using var folder = new TemporaryFolder();
        using var authority = Authority();
        using var other = Authority();
        authority.IssueTo(folder["worker"], "w-0");
        other.IssueTo(folder["stranger"], "sensor");
        // Believes the worker, and shows what another authority signed.
        await File.WriteAllTextAsync(Path.Combine(folder["stranger"], "ca.crt"), authority.AuthorityPem);
        await using var server = await EchoServer.StartAsync(folder["worker"]);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.AskAsync(folder["stranger"], "w-0"));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.AskAsync((string?)null, "w-0"));
        Assert.Equal(0, server.Answered);
    }

    [Fact]
    public async Task A_worker_of_another_authority_or_name_is_not_believed()
    {
        using var folder = new TemporaryFolder();
        using var authority = Authority();
        using var other = Authority();
        authority.IssueTo(folder["sensor"], "sensor");
        other.IssueTo(folder["false"], "w-0");
        authority.IssueTo(folder["worker"], "w-1", "127.0.0.1");
        await using (var server = await EchoServer.StartAsync(folder["false"]))
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.AskAsync(folder["sensor"], "w-0"));
        }

        await using var named = await EchoServer.StartAsync(folder["worker"]);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => named.AskAsync(folder["sensor"], "w-0"));
        Assert.Equal("sensor", await named.AskAsync(folder["sensor"], "w-1"));
        Assert.Equal("sensor", await named.AskAsync(folder["sensor"], "w-0", serverName: "127.0.0.1"));
        Assert.Equal(2, named.Answered);
    }

    [Fact]
    public async Task Certificates_are_read_anew_by_both_ends_and_bad_ones_refused()
    {
        using var folder = new TemporaryFolder();
        using var first = Authority();
        using var second = Authority();
        first.IssueTo(folder["worker"], "w-0");
        first.IssueTo(folder["sensor"], "sensor-1");
        var clock = new FakeClock();
        var client = new CertificateFiles(CertificatePaths.In(folder["sensor"]), clock);
        await using var server = await EchoServer.StartAsync(folder["worker"], clock);
        Assert.Equal("sensor-1", await server.AskAsync(client, "w-0"));

        second.IssueTo(folder["worker"], "w-0");
        clock.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.AskAsync(client, "w-0"));
        second.IssueTo(folder["sensor"], "sensor-2");
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("sensor-2", await server.AskAsync(client, "w-0"));

        await File.WriteAllTextAsync(Path.Combine(folder["sensor"], "tls.key"), "not a key");
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("sensor-2", await server.AskAsync(client, "w-0"));
        Assert.NotNull(client.Problem);
        Assert.Equal(2, client.Loads);
    }

    [Fact]
    public void Only_the_owner_reads_the_key()
    {
        using var folder = new TemporaryFolder();
        using var authority = Authority();
        authority.IssueTo(folder.Path, "w-0", "worker.example", "::1");
        var paths = CertificatePaths.In(folder.Path);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(paths.Key));
        }

        using var leaf = X509Certificate2.CreateFromPem(File.ReadAllText(paths.Certificate));
        Assert.True(leaf.MatchesHostname("w-0"));
        Assert.True(leaf.MatchesHostname("worker.example"));
        Assert.True(leaf.MatchesHostname("::1"));
        Assert.False(leaf.MatchesHostname("w-1"));
    }

    [Fact]
    public void Without_any_good_files_there_is_no_security_but_a_reason()
    {
        using var folder = new TemporaryFolder();
        var files = new CertificateFiles(CertificatePaths.In(folder.Path));
        Assert.Throws<IOException>(() => files.Current);
        Assert.NotNull(files.Problem);
    }

    private static Certificates Authority() => Certificates.NewAuthority("test", s_now, TimeSpan.FromDays(1));

    /// <summary>Answers with the name in the caller's certificate.</summary>
    private sealed class EchoServer : IAsyncDisposable
    {
        private readonly WebApplication _web;
        private int _answered;

        private EchoServer(WebApplication web) => _web = web;

        public int Answered => _answered;

        public static async Task<EchoServer> StartAsync(string folder, TimeProvider? clock = null)
        {
            var files = new CertificateFiles(CertificatePaths.In(folder), clock);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                new ServerSecurity(files).Use(listen);
            }));
            var server = new EchoServer(builder.Build());
            server._web.MapGet("/", context =>
            {
                Interlocked.Increment(ref server._answered);
                var name = context.Connection.ClientCertificate!.GetNameInfo(X509NameType.SimpleName, false);
                return context.Response.WriteAsync(name);
            });
            await server._web.StartAsync();
            return server;
        }

        public Task<string> AskAsync(string? folder, string name, string? serverName = null) => AskAsync(
            folder is null ? null : new CertificateFiles(CertificatePaths.In(folder)), name, serverName);

        public async Task<string> AskAsync(CertificateFiles? files, string name, string? serverName = null)
        {
            using var handler = new SocketsHttpHandler { UseProxy = false };
            if (files is not null)
            {
                handler.SslOptions = new ClientSecurity(files) { ServerName = serverName }.Options(name);
            }
            else
            {
#pragma warning disable CA5359 // whom the caller believes is not what is tested: it shows no certificate itself
                handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            }

            using var client = new HttpClient(handler)
            {
                DefaultRequestVersion = HttpVersion.Version20,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            var addresses = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
            return await client.GetStringAsync(new Uri(addresses.Addresses.First()));
        }

        public async ValueTask DisposeAsync() => await _web.DisposeAsync();
    }
}
