using System.Security.Cryptography.X509Certificates;
using NetSniff.Operator.Certificates;
using Authority = NetSniff.Wire.Security.Certificates;

namespace NetSniff.Tests.Operator;

public class AuthoritiesTests
{
    private static readonly DateTimeOffset s_begin = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(100);
    private static readonly string[] s_names = ["netsniff-worker", "ns-worker.system.svc"];

    [Fact]
    public void An_authority_is_followed_by_one_that_everybody_knew_before_it_signed()
    {
        var now = Authorities.Next(null, s_begin, s_lifetime);
        Assert.Same(now, Authorities.Next(now, s_begin.AddDays(79), s_lifetime));
        var next = Authorities.Next(now, s_begin.AddDays(81), s_lifetime);
        Assert.Equal(now.Certificate, next.Certificate);
        Assert.Equal(2, Count(next.Bundle));
        Assert.Same(next, Authorities.Next(next, s_begin.AddDays(81).AddMinutes(59), s_lifetime));

        var turned = Authorities.Next(next, s_begin.AddDays(81).AddMinutes(61), s_lifetime);
        Assert.Equal(next.NextCertificate, turned.Certificate);
        Assert.Equal("", turned.NextKey);
        // What the old one signed is believed until it ends.
        Assert.Equal(2, Count(turned.Bundle));
        Assert.Same(turned, Authorities.Next(turned, s_begin.AddDays(99), s_lifetime));
        Assert.Equal(1, Count(Authorities.Next(turned, s_begin.AddDays(101), s_lifetime).Bundle));
    }

    [Fact]
    public void A_certificate_is_made_anew_in_time_for_other_names_and_by_another_authority()
    {
        var now = Authorities.Next(null, s_begin, s_lifetime);
        using var signer = Authority.FromPem(now.Certificate, now.Key);
        var (certificate, key) = signer.IssueFor(s_begin, TimeSpan.FromDays(9), s_names[0], s_names[1]);
        Assert.False(now.Wants(certificate, key, s_names, s_begin.AddDays(5)));
        Assert.True(now.Wants(certificate, key, s_names, s_begin.AddDays(6).AddHours(1)));
        Assert.True(now.Wants(certificate, key, [.. s_names, "other"], s_begin));
        Assert.True(now.Wants("", "", s_names, s_begin));
        Assert.True(now.Wants("nonsense", key, s_names, s_begin));
        var other = Authorities.Next(null, s_begin, s_lifetime);
        Assert.True(other.Wants(certificate, key, s_names, s_begin));
    }

    [Fact]
    public void What_is_signed_does_not_outlive_who_signed_it()
    {
        var now = Authorities.Next(null, s_begin, s_lifetime);
        using var signer = Authority.FromPem(now.Certificate, now.Key);
        var (certificate, _) = signer.IssueFor(s_begin.AddDays(99), TimeSpan.FromDays(9), "a");
        using var leaf = X509Certificate2.CreateFromPem(certificate);
        using var authority = X509Certificate2.CreateFromPem(now.Certificate);
        Assert.Equal(authority.NotAfter, leaf.NotAfter);
    }

    private static int Count(string bundle)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(bundle);
        return all.Count;
    }
}
