// A small HTTP/1.1 server on the loopback, for tests: files with validators, ranges, cuts.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace axia::test {

struct ServedFile {
    std::string bytes{};
    std::string etag{};         // with its quotes; empty = none sent
    std::string linked_etag{};  // X-Linked-Etag
    std::string redirect{};     // answer 302 to this path instead
    int status = 200;           // other than 200: answered `failures` times, then 200
    int failures = 1 << 30;
    std::size_t cut = 0;  // > 0: close the connection after so many bytes of the body, once
    bool state_length = true;
};

struct SeenRequest {
    std::string path, range, if_range;
};

class HttpServer {
  public:
    HttpServer() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int one = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(listener_, 8);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~HttpServer() {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
    void put(const std::string& path, ServedFile file) {
        const std::lock_guard guard(mutex_);
        files_[path] = std::move(file);
    }
    std::vector<SeenRequest> seen() const {
        const std::lock_guard guard(mutex_);
        return seen_;
    }

  private:
    void serve() {
        while (!stopping_) {
            const int connection = ::accept(listener_, nullptr, nullptr);
            if (connection < 0) continue;
            answer(connection);
            ::close(connection);
        }
    }

    static std::string header_of(const std::string& request, const std::string& name) {
        const std::size_t at = request.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const std::size_t start = at + name.size() + 4;
        return request.substr(start, request.find("\r\n", start) - start);
    }

    static bool send(int connection, const std::string& bytes) {
        for (std::size_t done = 0; done < bytes.size();) {
            const ::ssize_t sent =
                ::send(connection, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
            if (sent <= 0) return false;
            done += static_cast<std::size_t>(sent);
        }
        return true;
    }

    void answer(int connection) {
        std::string request;
        char block[4096];
        while (request.find("\r\n\r\n") == std::string::npos) {
            const ::ssize_t got = ::recv(connection, block, sizeof block, 0);
            if (got <= 0) return;
            request.append(block, static_cast<std::size_t>(got));
        }
        const std::size_t space = request.find(' ');
        const std::string path =
            request.substr(space + 1, request.find(' ', space + 1) - space - 1);
        ServedFile file;
        {
            const std::lock_guard guard(mutex_);
            seen_.push_back({path, header_of(request, "Range"), header_of(request, "If-Range")});
            const auto found = files_.find(path);
            if (found == files_.end()) {
                file.status = 404;
            } else {
                file = found->second;
                found->second.cut = 0;
                if (found->second.status != 200 && --found->second.failures <= 0) {
                    found->second.status = 200;
                }
            }
        }
        std::string head, body = file.bytes;
        const std::string range = seen().back().range, if_range = seen().back().if_range;
        if (!file.redirect.empty()) {
            head = "HTTP/1.1 302 Found\r\nLocation: " + file.redirect + "\r\n";
            body = "elsewhere";
        } else if (file.status != 200) {
            head = "HTTP/1.1 " + std::to_string(file.status) + " No\r\n";
            body = "an error page";
        } else if (!range.empty() && (if_range.empty() || if_range == file.etag)) {
            const std::size_t first = std::stoul(range.substr(6));  // "bytes=N-"
            const std::string total = std::to_string(file.bytes.size());
            if (first >= file.bytes.size()) {
                head = "HTTP/1.1 416 No\r\nContent-Range: bytes */" + total + "\r\n";
                body.clear();
            } else {
                head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " +
                       std::to_string(first) + "-" + std::to_string(file.bytes.size() - 1) + "/" +
                       total + "\r\n";
                body = file.bytes.substr(first);
            }
        } else {
            head = "HTTP/1.1 200 OK\r\n";
        }
        if (!file.etag.empty()) head += "ETag: " + file.etag + "\r\n";
        if (!file.linked_etag.empty()) head += "X-Linked-Etag: " + file.linked_etag + "\r\n";
        if (file.state_length) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        head += "Connection: close\r\n\r\n";
        if (file.cut > 0) body.resize(std::min(body.size(), file.cut));
        send(connection, head + body);
        ::shutdown(connection, SHUT_WR);
        while (::recv(connection, block, sizeof block, 0) > 0) {
        }
    }

    int listener_ = -1;
    unsigned short port_ = 0;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::map<std::string, ServedFile> files_;
    std::vector<SeenRequest> seen_;
    std::thread thread_;
};

}  // namespace axia::test
